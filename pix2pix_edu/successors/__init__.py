"""What came after pix2pix: two ways to many photographs for one x, and D at several scales."""
