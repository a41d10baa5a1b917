"""The steps CreateEndpointConfig and DeployEndpoint, and the server of the model."""
