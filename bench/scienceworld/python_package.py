"""The Python package on the same jar: `python python_package.py JAR EPISODES`.

Each line on standard input plays all episodes once: "steps" asks the package's server object for what our client asks
(step, score, completed), "actions" calls the package's own `step`, which lists the valid actions too.
"""

import json
import sys
import time
import zlib

from scienceworld import ScienceWorldEnv

with open(sys.argv[2], encoding="utf-8") as file:
    episodes = [line.rstrip("\n").split("\t") for line in file]
environment = ScienceWorldEnv("", sys.argv[1], envStepLimit=1000)

for mode in sys.stdin:
    steps, seconds, checksum = 0, 0.0, 0
    for task, variation, *actions in episodes:
        environment.load(task, int(variation), "easy")
        server = environment.server
        server.reset()
        server.getTaskDescription()
        server.step("look around")
        for action in actions:
            start = time.perf_counter()
            if mode.strip() == "actions":
                observation, *_ = environment.step(action)
            else:
                observation = server.step(action)
                server.getScore()
                server.getCompleted()
            seconds += time.perf_counter() - start
            checksum = zlib.crc32(observation.encode(), checksum)
            steps += 1
    print(json.dumps({"steps": steps, "seconds": seconds, "checksum": checksum}), flush=True)
