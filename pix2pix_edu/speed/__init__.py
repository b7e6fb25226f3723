"""The same training step, faster: fewer bits, CUDA graphs, data on the GPU, several processes; and what limits it."""
