"""What AWS would refuse of a definition, found offline."""
