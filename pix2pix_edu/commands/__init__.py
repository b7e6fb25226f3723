"""What the command line is asked and what it does, one module for each command."""
