"""What train and deploy share: the network, its preprocessing, the layout of the trained artifact."""
