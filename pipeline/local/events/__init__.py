"""EventBridge and EventBridge Scheduler: what changes here becomes events, and rules and schedules fire."""
