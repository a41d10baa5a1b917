"""What training takes from a data set that was checked: lists, a hash, a share that validates."""
