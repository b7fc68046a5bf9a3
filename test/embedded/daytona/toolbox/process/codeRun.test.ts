import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { at, textAt, verdict } from "../../support.js"
import { generations, inMemory, type Sandbox, sandbox } from "../sandbox.js"

const run = (box: Sandbox, language: string, code: string, more: Readonly<Record<string, unknown>> = {}) =>
  Effect.map(box.post("/process/code-run", { language, code, ...more }), ({ json }) => json)

const artifact = (value: unknown) => `dtn_artifact_k39fd2:${JSON.stringify({ type: "chart", value })}`

/** A Python program that prints these lines. */
const printing = (...lines: ReadonlyArray<string>) =>
  lines.map((line) => `print(${JSON.stringify(line).replaceAll("\\/", "/")})`).join("\n")

const line = {
  type: "line",
  title: "T",
  x_label: "",
  x_ticks: [0, 1],
  elements: [{ label: "a", points: [[0, 1]], group: "" }]
}

describe("running code", () => {
  for (const generation of generations) {
    it.live(`of generation ${generation} supports Python, JavaScript and TypeScript`, () =>
      Effect.gen(function* () {
        const box = yield* sandbox()
        const python = yield* run(box, "python", "import sys\nprint('hé', sys.argv[1:])\nsys.exit(3)", { argv: ["a"] })
        expect(python).toEqual({ exitCode: 3, result: "hé ['a']\n" })
        const javascript = yield* run(box, "javascript", "console.log(process.argv.slice(1), 'hé')", {
          argv: ["a", "b"]
        })
        expect(javascript).toEqual({ exitCode: 0, result: "[ 'a', 'b' ] hé\n" })
        // The path of the script is not an argument, modules are CommonJS, and types are not checked.
        const code = "const n: string = 2\nconsole.log(n * 2, process.argv.slice(1), typeof require('node:fs').rmSync)"
        expect(yield* run(box, "typescript", code, { argv: ["x"] })).toEqual({
          exitCode: 0,
          result: "4 [ 'x' ] function\n"
        })
      }).pipe(Effect.provide(inMemory({ generation })))
    )
  }

  it.live("returns the language's error messages with the right line numbers", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const json = yield* run(box, "python", "x = 1\nraise ValueError('no')")
      expect([at(json, "exitCode"), textAt(json, "result")]).toEqual([1, expect.stringContaining("line 2")])
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("leaves arguments to the shell of the older daemon", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const argv = ["a b", "$HOME", "; echo injected"]
      const json = yield* run(box, "python", "import sys\nprint(len(sys.argv) - 1)", { argv })
      expect(at(json, "result")).toBe("3\ninjected\n")
    }).pipe(Effect.provide(inMemory({ generation: "0.190" })))
  )

  it.live("passes arguments literally to the newer one", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const argv = ["a b", "$HOME", "it's", "; echo injected"]
      const json = yield* run(box, "python", "import sys, json\nprint(json.dumps(sys.argv[1:]))", { argv })
      expect(JSON.parse(textAt(json, "result"))).toEqual(argv)
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("passes variables, and refuses unknown languages", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const json = yield* run(box, "python", "import os\nprint(os.environ['A'])", { envs: { A: "1" } })
      expect(at(json, "result")).toBe("1\n")
      const refusal = (body: Readonly<Record<string, unknown>>) =>
        Effect.map(box.post("/process/code-run", body), verdict)
      expect(yield* refusal({ language: "cobol", code: "x" })).toEqual([
        400,
        "bad request: unsupported language: cobol"
      ])
      expect(yield* run(box, "python", " ")).toEqual({ exitCode: 0, result: "" })
      expect(yield* refusal({ language: "python", code: "x", envs: { "1": "" } })).toEqual([
        400,
        "bad request: invalid environment variable name: '1'"
      ])
      expect(yield* refusal({ language: "python", code: "while True: pass", timeout: 1 })).toEqual([
        408,
        "request timeout: command execution timeout"
      ])
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("fails like the shell when the language is not installed", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const json = yield* run(box, "python", "print(1)", { envs: { PATH: "/nowhere" } })
      expect([at(json, "exitCode"), textAt(json, "result")]).toEqual([127, expect.stringContaining("python3")])
    }).pipe(Effect.provide(inMemory()))
  )
})

describe("charts", () => {
  it.live("are extracted from the output", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const code = printing("before", artifact(line), "after dtn_artifact_k39fd2:", "dtn_artifact_k39fd2:{")
      const json = yield* run(box, "python", code)
      expect(json).toEqual({
        exitCode: 0,
        result: "before\nafter dtn_artifact_k39fd2:\n",
        artifacts: { charts: [line] }
      })
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("are dropped by the older daemon when a field does not fit, and lose zero values", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const bar = { type: "bar", elements: [{ label: "a", value: 1 }] }
      const dates = { type: "line", x_ticks: ["2026-01-01"], elements: [] }
      const composite = { type: "composite_chart", elements: [{ type: "line", title: "sub", elements: [{}] }] }
      const pie = { type: "pie", elements: [{ label: "a", autopct: "%", angle: 90 }], png: "" }
      const charts = [line, bar, dates, composite, pie, { type: "unknown" }].map(artifact)
      const json = yield* run(box, "python", printing(...charts))
      expect(json).toEqual({
        exitCode: 0,
        result: "",
        artifacts: {
          charts: [
            { type: "line", title: "T", x_ticks: [0, 1], elements: [{ label: "a", points: [[0, 1]] }] },
            { type: "composite_chart", elements: [{ type: "line", title: "sub" }] },
            { type: "pie", elements: [{ label: "a", angle: 90 }] },
            { type: "unknown", elements: null }
          ]
        }
      })
    }).pipe(Effect.provide(inMemory({ generation: "0.190" })))
  )

  /** The part of matplotlib that a figure needs: a line, unless `axes` is replaced. */
  const matplotlib = `mkdir -p matplotlib
echo 'def use(backend): pass' > matplotlib/__init__.py
cat > matplotlib/pyplot.py <<'END'
class Text:
    def get_text(self): return "one"
class Line:
    def get_xdata(self): return [1, 2]
    def get_ydata(self): return [3.5, 4]
    def get_label(self): return "label"
class Axes:
    patches, containers, collections, lines = [], [], [], [Line()]
    def __init__(self, **own): self.__dict__.update(own)
    def __getattr__(self, name):
        return lambda: [Text()] if "ticklabels" in name else [1] if "ticks" in name else name
class Figure:
    axes = [Axes()]
    def savefig(self, target, format): target.write(b"png")
shown = [1]
def get_fignums(): return shown
def figure(number): return Figure()
def close(which): shown.clear()
def show(): print("a window")
END`

  it.live("come from figures that matplotlib shows", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      yield* box.post("/process/execute", { command: matplotlib })
      const code = "import matplotlib.pyplot as plt\nplt.show()\nplt.show()\nprint('shown', __name__)\n1 / 0"
      const json = yield* run(box, "python", code)
      expect(textAt(json, "result")).toMatch(/^shown __main__\n.*line 5, in <module>\n.*ZeroDivisionError/s)
      expect(at(json, "artifacts", "charts")).toEqual([
        {
          type: "line",
          title: "get_title",
          png: Buffer.from("png").toString("base64"),
          x_label: "get_xlabel",
          y_label: "get_ylabel",
          x_ticks: [1],
          y_ticks: [1],
          x_tick_labels: ["one"],
          y_tick_labels: ["one"],
          x_scale: "get_xscale",
          y_scale: "get_yscale",
          elements: [
            {
              label: "label",
              points: [
                [1, 3.5],
                [2, 4]
              ]
            }
          ]
        }
      ])
    }).pipe(Effect.provide(inMemory()))
  )

  /** Shows a figure of this one, without its picture. */
  const shown = (drawing: string) =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      yield* box.post("/process/execute", { command: matplotlib })
      const json = yield* run(box, "python", `import matplotlib.pyplot as plt\n${drawing}\nplt.show()`)
      return { json, chart: at(json, "artifacts", "charts", 0) }
    })

  it.live("of a pie take every second text for a label, and its axes for categorical", () =>
    Effect.gen(function* () {
      const { chart } = yield* shown(`
class Text:
    def __init__(self, text): self.text = text
    def get_text(self): return self.text
class Wedge:
    r = 1
    def __init__(self, theta1, theta2): self.theta1, self.theta2 = theta1, theta2
plt.Figure.axes = [plt.Axes(
    patches=[Wedge(0, 90), Wedge(90, 360)], lines=[], texts=[Text(text) for text in ["a", "b", "25%", "75%"]],
    get_xticks=lambda: [], get_xscale=lambda: "linear")]`)
      expect(chart).toMatchObject({
        type: "pie",
        x_scale: "categorical",
        elements: [
          { label: "a", autopct: "b", angle: 90, radius: 1 },
          { label: "25%", autopct: "75%", angle: 270, radius: 1 }
        ]
      })
    }).pipe(Effect.provide(inMemory()))
  )

  const boxes = (...tops: ReadonlyArray<number>) => `
class Corners:
    def __init__(self, x, top): self.x, self.top = x, top
    def min(self, axis): return (self.x - 0.25, 2)
    def max(self, axis): return (self.x + 0.25, self.top)
class Box:
    def __init__(self, x, top): self.vertices = Corners(x, top)
    def get_path(self): return self
class Line:
    def __init__(self, xs, ys): self.xs, self.ys = xs, ys
    def get_xdata(self): return self.xs
    def get_ydata(self): return self.ys
tops = ${JSON.stringify(tops)}
plt.Figure.axes = [plt.Axes(
    patches=[Box(index, top) for index, top in enumerate(tops)],
    lines=[Line([0, 0], [2, 1]), Line([0, 0], [tops[0], 9]), Line([-0.25, 0.25], [3, 3]), Line([0], [20])],
    get_xticklabels=lambda: [plt.Text() for top in tops])]`

  it.live("of boxes have whiskers, unless all boxes are of the same height", () =>
    Effect.gen(function* () {
      const differing = yield* shown(boxes(4, 5))
      expect(at(differing.chart, "type")).toBe("box_and_whisker")
      expect(at(differing.chart, "elements")).toEqual([
        { label: "one", min: 1, first_quartile: 2, median: 3, third_quartile: 4, max: 9, outliers: [20] },
        { label: "one", first_quartile: 2, third_quartile: 5, outliers: [] }
      ])
      const alike = yield* shown(boxes(4, 4))
      expect(at(alike.chart, "elements", 0)).toEqual({
        label: "one",
        first_quartile: -0.25,
        third_quartile: 0.25,
        outliers: []
      })
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("over dates end the program with a TypeError", () =>
    Effect.gen(function* () {
      const { chart, json } = yield* shown(
        "import datetime\nplt.Line.get_xdata = lambda self: [datetime.date(2026, 1, 1), datetime.date(2026, 1, 2)]"
      )
      expect([chart, at(json, "exitCode")]).toEqual([undefined, 1])
      expect(textAt(json, "result")).toContain("TypeError: Object of type date is not JSON serializable")
    }).pipe(Effect.provide(inMemory()))
  )

  it.live("do not affect programs that only seem to draw", () =>
    Effect.gen(function* () {
      const box = yield* sandbox()
      const code = "try:\n    import matplotlib_of_nobody\nexcept ImportError:\n    print('none', __name__)"
      expect(at(yield* run(box, "python", code), "result")).toBe("none __main__\n")
    }).pipe(Effect.provide(inMemory()))
  )
})
