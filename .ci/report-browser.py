"""Opens the pages of `venues report` in Chromium, uses them as a person would, and looks at what they do. Only Python's own library."""

import base64
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

folder = Path(sys.argv[1]).resolve()


class Browser:
    """Chromium, spoken to over its own pipe: no port, no WebSocket."""

    def __init__(self, profile):
        to_browser, self.write = os.pipe()
        self.read, from_browser = os.pipe()

        def hand_over():
            # Chromium reads from 3 and writes to 4; first out of each other's way.
            ours = [os.dup(to_browser), os.dup(from_browser)]
            high = [os.dup2(fd, 60 + place) for place, fd in enumerate(ours)]
            for place, fd in zip((3, 4), high):
                os.dup2(fd, place)
                os.set_inheritable(place, True)

        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--no-first-run", f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"],
            preexec_fn=hand_over, close_fds=False, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.rest, self.events, self.session = 0, b"", [], None

    def send(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def receive(self):
        while b"\0" not in self.rest:
            if not select.select([self.read], [], [], 60)[0]:
                raise RuntimeError("the browser says nothing for a minute")
            piece = os.read(self.read, 1 << 20)
            if not piece:
                raise RuntimeError("the browser is gone")
            self.rest += piece
        line, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(line)
        if "method" in message:
            self.events.append(message)
        return message

    def await_event(self, method):
        while not any(event["method"] == method for event in self.events):
            self.receive()

    def close(self):
        try:
            self.session = None
            self.send("Browser.close")
        except (RuntimeError, OSError):
            self.process.kill()
        self.process.wait()


class Page:
    def __init__(self, browser, path, width=1200, height=900, dark=False):
        self.browser, self.path = browser, path
        browser.session = None
        target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        browser.session = browser.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        browser.events.clear()
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            browser.send(f"{domain}.enable")
        browser.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = "dark" if dark else "light"
        browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.send("Page.navigate", url=path.as_uri())
        browser.await_event("Page.loadEventFired")
        self.settle()

    def settle(self):
        """Two frames: whatever was asked to be drawn is drawn."""
        self.tell("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    def tell(self, expression):
        answer = self.browser.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def middle(self, selector):
        self.tell(f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center', behavior: 'instant'}})")
        self.settle()
        box = self.tell(f"(() => {{ const b = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
                        " return [b.left + b.width / 2, b.top + b.height / 2]; })()")
        return box

    def mouse(self, kind, x, y, **more):
        self.browser.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, x, y):
        self.mouse("mousePressed", x, y, button="left", clickCount=1)
        self.mouse("mouseReleased", x, y, button="left", clickCount=1)
        self.settle()

    def press(self, key, text=None):
        codes = {"Tab": 9, "Enter": 13, "ArrowRight": 39}
        more = {"windowsVirtualKeyCode": codes[key]} if key in codes else {}
        text = {"text": text or key} if len(key) == 1 or text else {}
        self.browser.send("Input.dispatchKeyEvent", type="keyDown", key=key, **more, **text)
        self.browser.send("Input.dispatchKeyEvent", type="keyUp", key=key, **more)
        self.settle()

    def faults(self):
        """Everything that a page must not do."""
        found = []
        for event in self.browser.events:
            what, said = event["method"], event["params"]
            if what == "Runtime.exceptionThrown" or (what == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning")):
                found.append(said)
            if what == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
                found.append(said["entry"])
            if what == "Page.javascriptDialogOpening":
                found.append(said)
            if what == "Network.requestWillBeSent":
                url = said["request"]["url"]
                if url.split("#")[0] != self.path.as_uri() and not url.startswith("data:"):
                    found.append(url)
        return found

    def picture(self, name, whole=False):
        shot = self.browser.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        (folder / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


def check(held, what):
    if not held:
        raise SystemExit(f"the page fails: {what}")


def chosen(page):
    return page.tell("document.getElementById('chosen').textContent")


def zoom(page):
    return float(page.tell("document.getElementById('ground').dataset.zoom"))


def use_the_map(page):
    x, y = page.middle("#in")
    page.click(x, y)
    check(abs(zoom(page) - 1.6) < 0.01, f"the button zooms in: {zoom(page)}")
    x, y = page.middle("#ground")
    page.mouse("mouseWheel", x, y, deltaX=0, deltaY=-240)
    page.settle()
    check(abs(zoom(page) - 3.2) < 0.05, f"the wheel zooms in: {zoom(page)}")
    drawn = "document.getElementById('canvas').toDataURL()"
    before = page.tell(drawn)
    page.mouse("mousePressed", x, y, button="left", clickCount=1)
    page.mouse("mouseMoved", x + 60, y + 30, button="left", buttons=1)
    page.mouse("mouseReleased", x + 60, y + 30, button="left", clickCount=1)
    page.settle()
    check(page.tell(drawn) != before, "dragging moves the map")
    check(chosen(page).startswith("Hover"), "dragging chooses nothing")

    # By keyboard alone.
    page.tell("document.getElementById('ground').focus()")
    page.press("0")
    check(abs(zoom(page) - 1.0) < 0.001, "0 shows the whole region")
    page.press("+")
    check(abs(zoom(page) - 1.6) < 0.01, "+ zooms in")
    before = page.tell(drawn)
    page.press("ArrowRight")
    check(page.tell(drawn) != before, "an arrow key moves the map")
    page.press("Enter", "\r")
    first = chosen(page)
    check("rat" in first and ":" in first, f"Enter chooses a venue: {first}")
    page.press("n")
    check(chosen(page) != first, "N chooses the next one")

    # By name; then the one in the middle, hovered over and tapped.
    wanted = page.tell("JSON.parse(document.getElementById('data').textContent).venues.name[7]")
    page.tell("document.getElementById('find').focus()")
    page.browser.send("Input.insertText", text=wanted)
    page.settle()
    page.click(*page.middle("#found button"))
    said = chosen(page)
    check(said.startswith(wanted + ":"), f"a venue that is found is chosen: {said}")
    page.tell("document.getElementById('ground').focus()")
    page.press("Escape")
    check("No venue" in chosen(page), "Escape lets go of it")
    x, y = page.middle("#ground")
    page.mouse("mouseMoved", x, y)
    page.settle()
    tip = page.tell("document.getElementById('tip').hidden ? '' : document.getElementById('tip').textContent")
    check(tip.startswith(wanted), f"hovering shows the venue: {tip!r}")
    page.click(x, y)
    check(chosen(page) == said, f"tapping chooses it: {chosen(page)}")

    before = page.tell(drawn)
    page.click(*page.middle("#layer-unchanged"))
    check(page.tell(drawn) != before, "a layer goes when its box is unticked")
    page.click(*page.middle("#layer-unchanged"))


def read_it_aloud(page):
    """What a screen reader is given."""
    nodes = page.browser.send("Accessibility.getFullAXTree")["nodes"]
    roles = {}
    for node in nodes:
        if not node.get("ignored"):
            roles.setdefault(node["role"]["value"], []).append(node.get("name", {}).get("value", ""))
    for role in ("banner", "navigation", "main", "contentinfo", "search", "application", "status", "heading", "table", "searchbox"):
        check(role in roles, f"there is no {role}; there are {sorted(roles)}")
    for role in ("table", "application", "searchbox", "button", "checkbox", "image", "region", "figure"):
        check(all(roles.get(role, ["-"])), f"a {role} has no name: {roles.get(role)}")
    levels = page.tell("[...document.querySelectorAll('h1,h2,h3')].map((head) => Number(head.tagName[1]))")
    check(levels[0] == 1 and levels.count(1) == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:])), f"headings: {levels}")

    seen = []
    for _ in range(40):
        page.press("Tab")
        seen.append(page.tell("(() => { const at = document.activeElement; return at.id || at.className || at.textContent.slice(0, 30); })()"))
    order = [seen.index(stop) if stop in seen else -1 for stop in ("skip", "Map", "find", "ground", "in", "out", "all", "layer-updated")]
    check(order == sorted(order) and -1 not in order, f"the order of focus: {seen}")


def contrast(page):
    """Of every colour in which something is written: at least 4.5 to 1."""
    found = page.tell("""(() => {
        const light = (colour) => {
            const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
                .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
        };
        const ground = (element) => {
            for (let at = element; at; at = at.parentElement) {
                const colour = getComputedStyle(at).backgroundColor;
                if (colour.startsWith('rgb(')) return colour;
            }
            return 'rgb(255, 255, 255)';
        };
        const low = new Set();
        for (const element of document.querySelectorAll('p, a, h1, h2, dt, dd, th, td, caption, label, legend, summary, figcaption, button, kbd')) {
            if (!element.textContent.trim() || element.closest('.week td, .week thead, #scale')) continue;
            const [a, b] = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
            if ((a + 0.05) / (b + 0.05) < 4.5) low.add(element.tagName + '.' + element.className + ' ' + ((a + 0.05) / (b + 0.05)).toFixed(2));
        }
        return [...low];
    })()""")
    check(found == [], f"hard to read: {found}")


def look_at_the_demo(browser):
    path = folder / "demo.html"
    page = Page(browser, path)
    check(page.tell("document.documentElement.dataset.drawn") is not None, "the script ran to its end")
    read_it_aloud(page)
    use_the_map(page)
    contrast(page)

    hostile = "</script><script>alert(1)</script>"
    page.tell("document.getElementById('find').value = ''; document.getElementById('find').focus()")
    page.browser.send("Input.insertText", text="alert")
    page.settle()
    page.click(*page.middle("#found button"))
    check(chosen(page).startswith(hostile + ":"), f"a hostile name is a text: {chosen(page)}")
    check(page.tell("document.scripts.length") == 2, "no name has become a script")
    check(page.tell("document.querySelectorAll('main b').length") <= 1, "no name has become markup")
    page.tell("window.scrollTo(0, 0)")
    page.picture("light")
    page.picture("light-whole", whole=True)
    check(page.faults() == [], page.faults())

    # Now what is forbidden, and says so.
    page.tell("(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s); })()")
    check(page.tell("window.ran === undefined"), "a script without the word of the page ran")
    fetched = page.tell("fetch('https://example.org/').then(() => 'fetched', () => 'refused')")
    check(fetched == "refused", "the page can reach out")

    page = Page(browser, path, width=1100, height=1180)
    page.tell("document.getElementById('ground').focus()")
    page.press("Enter", "\r")
    page.tell("document.activeElement.blur(), window.scrollTo(0, 0)")
    page.settle()
    page.picture("report")

    for name, width, dark in (("dark", 1200, True), ("narrow", 360, False), ("narrow-dark", 360, True)):
        page = Page(browser, path, width=width, height=800, dark=dark)
        over = page.tell("document.scrollingElement.scrollWidth - document.documentElement.clientWidth")
        check(over <= 0, f"{name}: {over} pixels wider than the window")
        contrast(page)
        page.picture(name)
        page.picture(f"{name}-whole", whole=True)
        for part in ("map", "hours", "left-out"):
            page.tell(f"document.getElementById('{part}').scrollIntoView({{behavior: 'instant'}})")
            page.settle()
            page.picture(f"{name}-{part}")
        check(page.faults() == [], page.faults())


def look_at_the_large(browser):
    path = folder / "large.html"
    megabytes = path.stat().st_size / 1e6
    page = Page(browser, path)
    opened = page.tell("(() => { const t = performance.getEntriesByType('navigation')[0]; return t.loadEventEnd - t.startTime; })()")
    drawn = page.tell("Number(document.documentElement.dataset.drawn)")
    x, y = page.middle("#ground")
    began = time.monotonic()
    for _ in range(10):
        page.mouse("mouseWheel", x, y, deltaX=0, deltaY=-60)
        page.tell("new Promise((done) => requestAnimationFrame(() => done(1)))")
    frame = (time.monotonic() - began) / 10 * 1000
    many = page.tell("JSON.parse(document.getElementById('data').textContent).venues.name.length")
    page.picture("large")
    page.press("0")
    print(f"{many} venues: {megabytes:.2f} MB, open in {opened:.0f} ms (map drawn in {drawn:.0f} ms), {frame:.0f} ms a step of zooming")
    check(many == 50000, f"{many} venues are drawn")
    check(megabytes <= 15, f"{megabytes} MB")
    check(opened <= 2000, f"open in {opened} ms")
    check(page.faults() == [], page.faults())


with tempfile.TemporaryDirectory() as profile:
    browser = Browser(profile)
    try:
        look_at_the_demo(browser)
        look_at_the_large(browser)
    finally:
        browser.close()
print(f"the pages do what they should; pictures are in {folder}")
