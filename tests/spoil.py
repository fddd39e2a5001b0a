"""SKAB's files with rows of their own event among those that are taken for normal: SKAB_FOLDER ROWS OUTPUT_FOLDER.

From row 151 on, so many rows have the readings of the event's 101st row and those that follow, and the label 0.
"""

import pathlib
import sys

skab, rows, output = pathlib.Path(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
output.mkdir(exist_ok=True)
for group in ("valve1", "valve2", "other"):
    for path in sorted((skab / group).glob("*.csv")):
        header, *lines = path.read_text().splitlines()
        table = [line.split(";") for line in lines]
        label = header.split(";").index("anomaly")
        event = [at for at in range(400, len(table)) if float(table[at][label]) > 0]
        for at in range(rows):
            row, odd = table[150 + at], table[event[100 + at]]
            table[150 + at] = row[:1] + odd[1:label] + ["0.0"] + row[label + 1 :]
        text = "\n".join([header] + [";".join(row) for row in table])
        (output / f"{group}-{path.name}").write_text(text + "\n")
