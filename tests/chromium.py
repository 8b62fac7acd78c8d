"""A real browser for tests: what it shows of a document, and how, 800 pixels wide, without any network."""

from __future__ import annotations

import html as html_module
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--window-size=1000,1000",
    "--run-all-compositor-stages-before-draw",
    "--virtual-time-budget=60000",
]

_PAGE = """<!DOCTYPE html><meta charset="utf-8"><script type="application/json" id="documents">%s</script><script>
const asked = "%s";
const unseen = new Set(["HEAD", "STYLE", "SCRIPT", "LINK", "META", "TITLE", "BASE"]);
function load(text) {
  return new Promise(resolve => {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-same-origin");
    frame.width = 800; frame.height = 600;
    frame.onload = () => resolve(frame);
    frame.srcdoc = text;
    document.body.append(frame);
  });
}
function read(frame) {
  const view = frame.contentWindow, found = [];
  for (const element of frame.contentDocument.querySelectorAll("*")) {
    if (unseen.has(element.tagName.toUpperCase())) continue;
    const style = {}, computed = view.getComputedStyle(element);
    for (const name of computed) style[name] = computed.getPropertyValue(name);
    found.push([element.tagName.toLowerCase(), style]);
  }
  return found;
}
function compare(one, two) {
  if (one.length !== two.length) return [`${one.length} elements, not ${two.length}`];
  const found = [];
  one.forEach(([tag, style], number) => {
    for (const name of Object.keys(style))
      if (style[name] !== two[number][1][name])
        found.push(`${tag} #${number}: ${name} is ${two[number][1][name]}, not ${style[name]}`);
  });
  return found;
}
async function main() {
  const answers = [];
  for (const texts of JSON.parse(document.getElementById("documents").textContent)) {
    const frames = await Promise.all(texts.map(load));
    if (asked === "text") {
      answers.push(frames[0].contentDocument.body.innerText);
    } else {
      const styles = frames.map(read);
      answers.push(styles.length === 2 ? compare(...styles) : styles[0]);
    }
    frames.forEach(frame => frame.remove());
  }
  const out = document.createElement("pre");
  out.id = "answers";
  out.textContent = JSON.stringify(answers);
  document.body.append(out);
}
document.addEventListener("DOMContentLoaded", main);
</script>"""


def find_chromium() -> str | None:
    """The browser's path, or None."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


def computed_styles(html: str) -> list[tuple[str, dict[str, str]]]:
    """Each element of the document in order, but those of the head: its tag name and its computed style."""
    return [(tag, style) for tag, style in _ask([[html]])[0]]


def style_differences(pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """For each pair of documents, in words, how the second's computed styles differ from the first's."""
    return _ask([list(pair) for pair in pairs])


def shown_texts(documents: Sequence[str]) -> list[str]:
    """The text that a person sees of each document (its ``innerText``): without what is hidden and without ``alt``."""
    return _ask([[html] for html in documents], "text")


def _ask(documents: list[list[str]], asked: str = "styles") -> list[Any]:
    browser = find_chromium()
    assert browser
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        page.write_text(_PAGE % (json.dumps(documents).replace("<", "\\u003c"), asked), encoding="utf-8")
        command = [browser, *_FLAGS, f"--user-data-dir={folder}/profile", "--dump-dom", page.as_uri()]
        environment = {**os.environ, "HOME": folder}
        done = subprocess.run(command, capture_output=True, check=True, timeout=300, env=environment)
    answer = re.search(r'<pre id="answers">(.*?)</pre>', done.stdout.decode("utf-8"), re.S)
    assert answer, done.stderr.decode("utf-8", "replace")[-2000:]
    found: list[Any] = json.loads(html_module.unescape(answer[1]))
    return found
