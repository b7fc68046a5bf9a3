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
        return value.item() if hasattr(value, "item") else value

    def moment(tick):
        return matplotlib.dates.num2date(tick).isoformat()

    # Dates stay as they are, which JSON does not support: the program ends with a TypeError.
    def line(drawn):
        points = zip(drawn.get_xdata(), drawn.get_ydata())
        return {"label": str(drawn.get_label()), "points": [[plain(x), plain(y)] for x, y in points]}

    def dots(drawn):
        points = [[plain(x), plain(y)] for x, y in drawn.get_offsets()]
        return {"label": str(drawn.get_label()), "points": points}

    # Texts are expected in pairs of a label and a percentage, but the labels come first.
    def slices(wedges, texts):
        in_pairs = len(texts) == 2 * len(wedges)
        labels, shares = (texts[0::2], texts[1::2]) if in_pairs else (texts, [None] * len(wedges))
        for drawn, label, share in zip(wedges, labels, shares):
            angle = plain(abs(drawn.theta2 - drawn.theta1))
            yield {"label": label, "angle": angle, "radius": plain(drawn.r), "autopct": share}

    def bars(container, labels):
        for index, bar in enumerate(container):
            label = labels[index] if index < len(labels) else str(index)
            yield {"label": label, "group": str(container.get_label()), "value": plain(bar.get_height())}

    def is_near(first, second):
        return abs(first - second) < 0.001

    # Boxes of the same height are taken for horizontal ones: the quartiles are then their sides, and no line fits.
    def boxes(patches, lines, labels):
        corners = [(patch.get_path().vertices.min(0), patch.get_path().vertices.max(0)) for patch in patches]
        heights = [top - bottom for (_, bottom), (_, top) in corners]
        are_lying = all(height == heights[0] for height in heights)
        for ((left, bottom), (right, top)), label in zip(corners, labels):
            box = {"label": label, "first_quartile": plain(bottom), "third_quartile": plain(top), "outliers": []}
            if are_lying:
                box.update(first_quartile=plain(left), third_quartile=plain(right))
            for drawn in [] if are_lying else lines:
                xs, ys = list(drawn.get_xdata()), list(drawn.get_ydata())
                if not all(left <= x <= right for x in xs):
                    continue
                if len(xs) == 2 and is_near(xs[0], xs[1]):
                    if is_near(max(ys), bottom):
                        box["min"] = plain(min(ys))
                    elif is_near(min(ys), top):
                        box["max"] = plain(max(ys))
                elif len(xs) == 2 and is_near(ys[0], ys[1]) and bottom <= ys[0] <= top:
                    box["median"] = plain(ys[0])
                elif len(xs) == 1:
                    box["outliers"].append(plain(ys[0]))
            yield box

    def contents(axes, labels):
        wedges = [patch for patch in axes.patches if hasattr(patch, "theta1")]
        if wedges:
            return "pie", list(slices(wedges, [text.get_text() for text in axes.texts]))
        if axes.containers:
            return "bar", [bar for container in axes.containers for bar in bars(container, labels)]
        if axes.patches and axes.lines:
            return "box_and_whisker", list(boxes(axes.patches, axes.lines, labels))
        if axes.lines:
            return "line", [line(drawn) for drawn in axes.lines]
        if axes.collections:
            return "scatter", [dots(drawn) for drawn in axes.collections]
        return "unknown", []

    # An axis without ticks, as that of a pie, counts as categorical, too.
    def scaled(axis, scale, ticks, labels):
        if hasattr(axis, "get_converter") and type(axis.get_converter()).__name__ == "_SwitchableDateConverter":
            return "datetime", [moment(tick) for tick in ticks]
        names = enumerate(zip(ticks, labels))
        is_categorical = scale == "linear" and all(tick == index and label != str(index) for index, (tick, label) in names)
        return "categorical" if is_categorical else scale, [plain(tick) for tick in ticks]

    def chart(axes):
        labels = [label.get_text() for label in axes.get_xticklabels()]
        y_labels = [label.get_text() for label in axes.get_yticklabels()]
        kind, elements = contents(axes, labels)
        x_scale, x_ticks = scaled(axes.xaxis, axes.get_xscale(), axes.get_xticks(), labels)
        y_scale, y_ticks = scaled(axes.yaxis, axes.get_yscale(), axes.get_yticks(), y_labels)
        return {
            "type": kind,
            "title": axes.get_title(),
            "x_label": axes.get_xlabel(),
            "y_label": axes.get_ylabel(),
            "x_ticks": x_ticks,
            "y_ticks": y_ticks,
            "x_tick_labels": labels,
            "y_tick_labels": y_labels,
            "x_scale": x_scale,
            "y_scale": y_scale,
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
