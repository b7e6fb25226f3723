"""The loss-curve clinic of lesson 07: learners diagnose runs from their curves."""
