"""Two later answers to what pix2pix leaves open: one x, many possible photographs."""
