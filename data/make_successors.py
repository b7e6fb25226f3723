"""Train one method of lesson 10 and record what it makes: python data/make_successors.py METHOD SEED. Six minutes or so on one core.

The network of seed 0 is bundled.
"""

import json
import sys
import time

import torch
from tqdm import tqdm

from pix2pix_edu.experiments.successors import DEPTH, METHODS, SIZE, WIDTH, measure, network_name, record_file, train_method, unseen_houses
from pix2pix_edu.files import write_text
from pix2pix_edu.run.machine_log import describe
from pix2pix_edu.weights.bundled import WEIGHTS, save_network

if __name__ == "__main__":
    torch.set_num_threads(1)
    name, seed = sys.argv[1], int(sys.argv[2])
    network, losses = train_method(name, seed)
    place, started = describe(torch.device("cpu")), time.process_time()
    for _ in tqdm(losses, total=METHODS[name].steps, unit="step", mininterval=10):
        pass
    about = {"method": name, "seed": seed, "steps": METHODS[name].steps, "batch_size": METHODS[name].batch_size}
    record = about | {"processor_seconds": round(time.process_time() - started), **place, "scores": measure(network, unseen_houses())}
    write_text(record_file(name, seed), json.dumps(record, indent=1))
    if seed == 0:
        settings = {"depth": DEPTH, "width": WIDTH}
        save_network(network.state_dict(), settings, SIZE, WEIGHTS / f"{network_name(name)}.safetensors", "unpainted", bits=8)
