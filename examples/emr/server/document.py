"""The canonical document of a record: the bytes that are signed. One HTML file without script or anything outside it; the same
record always gives the same bytes (order fixed by this file, no time of making, LF, UTF-8, Unicode NFC)."""
import base64
import hashlib
import html
import unicodedata

VERSION = 1
STYLE = """body{max-width:46rem;margin:2rem auto;padding:0 1rem;font:16px/1.75 "Source Han Serif SC","Noto Serif CJK SC",SimSun,serif;color:#111}
h1{text-align:center;letter-spacing:.3em;font-size:1.5rem}h2{font-size:1rem;margin:1.2em 0 .3em}p{margin:.3em 0;text-indent:2em}
table{width:100%;border-collapse:collapse;font-size:.9rem}th,td{border:1px solid #666;padding:.2em .5em;text-align:left}"""
STYLE_SOURCE = "'sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode() + "'"
# What a browser may do with the file: show it, and nothing else.
POLICY = f"default-src 'none'; style-src {STYLE_SOURCE}; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def text(value):
    return html.escape(unicodedata.normalize("NFC", str(value)), quote=False)


def row(cell, values):
    return "<tr>" + "".join(f"<{cell}>{text(value)}</{cell}>" for value in values) + "</tr>\n"


def section(part):
    lines = [f"<h2>{text(part['heading'])}</h2>\n"]
    lines += [f"<p>{text(paragraph)}</p>\n" for paragraph in part.get("paragraphs", ())]
    if "items" in part:
        lines += ["<ol>\n", *(f"<li>{text(item)}</li>\n" for item in part["items"]), "</ol>\n"]
    if "table" in part:
        lines += ["<table>\n", row("th", part["table"]["head"]), *(row("td", r) for r in part["table"]["rows"]), "</table>\n"]
    return "".join(lines)


def canonical(hospital, patient, record, author):
    """patient, record, author: rows; record["sections"] the structured content."""
    head = (("姓名", patient["name"]), ("性别", patient["sex"]), ("年龄", f"{patient['age']}岁"), ("住院号", patient["admission_no"]),
            ("科室", patient["department"]), ("床号", patient["bed"]), ("入院时间", patient["admitted_at"]),
            ("记录时间", record["recorded_at"]))
    return "".join((
        "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n",
        f"<meta name=\"record\" content=\"{html.escape(record['record'])}\">\n<meta name=\"canonical-version\" content=\"{VERSION}\">\n",
        f"<title>{text(record['title'])} {text(patient['name'])} {text(patient['admission_no'])}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        f"<p>{text(hospital)}</p>\n<h1>{text(record['title'])}</h1>\n<table>\n",
        *(row("td", (head[i][0], head[i][1], head[i + 1][0], head[i + 1][1])) for i in range(0, len(head), 2)),
        "</table>\n", *(section(part) for part in record["sections"]),
        f"<p>记录者：{text(author['name'])}　{text(author['title'])}　工号 {text(author['staff_no'])}</p>\n</body>\n</html>\n",
    )).encode()
