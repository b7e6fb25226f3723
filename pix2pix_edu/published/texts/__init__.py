"""The five write-ups, the paper taken literally, and the two U-Nets that several of them share."""
