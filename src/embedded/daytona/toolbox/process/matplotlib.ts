/** Makes figures of matplotlib visible as charts. */
import { prefix } from "./artifacts.js"

/** Makes shown figures print an artifact line. Code that does not import matplotlib is unchanged. */
export const withCharts = (code: string): string =>
  /^[ \t]*(?:import|from)[ \t]+matplotlib\b/m.test(code)
    ? `${wrapper}\nexec(compile(__import__("base64").b64decode("${Buffer.from(code).toString("base64")}"), "<string>", "exec"))\n`
    : code

/**
 * Bars have numbers where the older daemon expects text, and dates are text where it expects numbers: it drops such
 * charts.
 */
const wrapper = `
def _show_charts():
    try:
        import matplotlib
        matplotlib.use("Agg")
        import matplotlib.pyplot as plt
    except ImportError:
        return
    import base64, io, json

    def plain(value):
        if hasattr(value, "isoformat"):
            return value.isoformat()
        return value.item() if hasattr(value, "item") else value

    def line(drawn):
        points = zip(drawn.get_xdata(), drawn.get_ydata())
        return {"label": str(drawn.get_label()), "points": [[plain(x), plain(y)] for x, y in points]}

    def dots(drawn):
        points = [[plain(x), plain(y)] for x, y in drawn.get_offsets()]
        return {"label": str(drawn.get_label()), "points": points}

    def wedge(drawn):
        return {"label": str(drawn.get_label()), "angle": plain(abs(drawn.theta2 - drawn.theta1)), "radius": plain(drawn.r)}

    def bars(container, labels):
        for index, bar in enumerate(container):
            label = labels[index] if index < len(labels) else str(index)
            yield {"label": label, "group": str(container.get_label()), "value": plain(bar.get_height())}

    def contents(axes, labels):
        wedges = [patch for patch in axes.patches if hasattr(patch, "theta1")]
        if wedges:
            return "pie", [wedge(drawn) for drawn in wedges]
        if axes.containers:
            return "bar", [bar for container in axes.containers for bar in bars(container, labels)]
        if axes.lines:
            return "line", [line(drawn) for drawn in axes.lines]
        if axes.collections:
            return "scatter", [dots(drawn) for drawn in axes.collections]
        return "unknown", []

    def chart(axes):
        labels = [label.get_text() for label in axes.get_xticklabels()]
        kind, elements = contents(axes, labels)
        return {
            "type": kind,
            "title": axes.get_title(),
            "x_label": axes.get_xlabel(),
            "y_label": axes.get_ylabel(),
            "x_ticks": [plain(tick) for tick in axes.get_xticks()],
            "y_ticks": [plain(tick) for tick in axes.get_yticks()],
            "x_tick_labels": labels,
            "y_tick_labels": [label.get_text() for label in axes.get_yticklabels()],
            "x_scale": axes.get_xscale(),
            "y_scale": axes.get_yscale(),
            "elements": elements,
        }

    def show(*args, **kwargs):
        for number in plt.get_fignums():
            figure = plt.figure(number)
            image = io.BytesIO()
            figure.savefig(image, format="png")
            charts = [chart(axes) for axes in figure.axes]
            value = charts[0] if len(charts) == 1 else {"type": "composite_chart", "elements": charts}
            value["png"] = base64.b64encode(image.getvalue()).decode()
            print("${prefix}" + json.dumps({"type": "chart", "value": value}), flush=True)
        plt.close("all")

    plt.show = show

_show_charts()
del _show_charts
`
