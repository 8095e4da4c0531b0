"""A strict reader of Prometheus' text format 0.0.4, written from its description: what promtool check metrics refuses, this does."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf'({NAME})(?:\{{(.*)\}})? (\S+)(?: (-?\d+))?')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')


def read(text):
    """{family: (type, {(name, labels): value})}; raises AssertionError."""
    assert text.endswith("\n") and "\r" not in text
    families, helped, current = {}, set(), None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, _, words = line[7:].partition(" ")
            assert re.fullmatch(NAME, name) and words and name not in helped and name not in families, line
            helped.add(name)
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name in helped and name not in families and kind in ("counter", "gauge", "histogram"), line
            assert kind != "counter" or name.endswith("_total"), line
            families[name], current = (kind, {}), name
        else:
            match = SAMPLE.fullmatch(line)
            assert match and current, line
            name, labels, value = match[1], match[2] or "", float(match[3])
            kind, samples = families[current]
            endings = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            assert name in [current + end for end in endings], line
            at, pairs = 0, []
            while at < len(labels):
                label = LABEL.match(labels, at)
                assert label, line
                pairs.append((label[1], label[2]))
                at = label.end()
            assert len({name for name, _ in pairs}) == len(pairs), line
            key = (name, tuple(sorted(pairs)))
            assert key not in samples, f"twice: {line}"
            samples[key] = value
    for name, (kind, samples) in families.items():
        assert samples, f"{name} has no sample"
        if kind == "histogram":
            check_histogram(name, samples)
        if kind == "counter":
            assert all(value >= 0 for value in samples.values()), name
    return families


def check_histogram(name, samples):
    buckets = [(float(dict(labels)["le"]), value) for (full, labels), value in samples.items() if full == name + "_bucket"]
    assert buckets == sorted(buckets) and buckets[-1][0] == float("inf"), name
    assert all(a[1] <= b[1] for a, b in zip(buckets, buckets[1:])), name
    assert buckets[-1][1] == samples[(name + "_count", ())] and samples[(name + "_sum", ())] >= 0, name
