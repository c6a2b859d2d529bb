"""Checks lines on a Spark cluster, by `presync batch` as a filter, and compares with what one machine said of them.

    python tests/spark/job.py --presync target/release/presync --state state.json --lines lines.ndjson \
        --expected answers.ndjson

Answers keep the ids of their lines, so their order does not matter. The number of a line does: on a cluster it counts
the lines of one partition, so it is left out of the comparison.
"""

import argparse
import json
import shlex
import sys
import time

from pyspark.sql import SparkSession


def without_number(answer):
    """The answer as a text that is the same wherever the line was."""
    answer = json.loads(answer)
    answer.pop("line", None)
    return json.dumps(answer)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--presync", required=True)
    parser.add_argument("--state", required=True)
    parser.add_argument("--lines", required=True)
    parser.add_argument("--expected", required=True)
    parser.add_argument("--master", default="local-cluster[2,1,1024]")
    parser.add_argument("--partitions", type=int, default=8)
    arguments = parser.parse_args()

    session = (
        SparkSession.builder.master(arguments.master)
        .appName("presync")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    context = session.sparkContext

    # One thread for each task: the cluster is what runs many at once. Refused lines are no failure of the task, so the
    # exit status is not looked at; `pipe` does not unless it is told to.
    command = [arguments.presync, "batch", "--state", arguments.state, "--threads", "1"]
    lines = context.textFile(arguments.lines, arguments.partitions)
    answers = lines.pipe(shlex.join(command)).cache()

    started = time.monotonic()
    count = answers.count()
    seconds = time.monotonic() - started

    found = answers.map(lambda answer: (without_number(answer), 1))
    expected = context.textFile(arguments.expected, arguments.partitions).map(
        lambda answer: (without_number(answer), -1)
    )
    differences = found.union(expected).reduceByKey(lambda a, b: a + b).filter(lambda pair: pair[1] != 0)
    examples = differences.take(3)
    result = {
        # A blank line has no answer.
        "lines": lines.filter(str.strip).count(),
        "answers": count,
        "executors": len(context._jsc.sc().statusTracker().getExecutorInfos()) - 1,
        "partitions": answers.getNumPartitions(),
        "seconds": round(seconds, 1),
        "differences": differences.count() if examples else 0,
        "examples": examples,
    }
    print(json.dumps(result))
    session.stop()
    return 1 if examples or count != result["lines"] else 0


if __name__ == "__main__":
    sys.exit(main())
