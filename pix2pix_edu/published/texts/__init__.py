"""The five write-ups, the paper taken to the letter, and the two U-Nets that several of them share."""
