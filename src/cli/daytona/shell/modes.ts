/** Which modes of a terminal programs have changed, so that they can be undone when a program could not. */

/** The modes that disturb whatever runs next, and whether they are on by default. */
const normally: ReadonlyMap<string, "h" | "l"> = new Map([
  // Keys of the cursor send other sequences.
  ["1", "l"],
  // The cursor is shown.
  ["25", "h"],
  // The alternate screen, in three ways.
  ["47", "l"],
  ["1047", "l"],
  ["1049", "l"],
  // Reports of the mouse and of the focus.
  ["9", "l"],
  ["1000", "l"],
  ["1002", "l"],
  ["1003", "l"],
  ["1004", "l"],
  ["1005", "l"],
  ["1006", "l"],
  ["1015", "l"],
  // Marks around what is pasted.
  ["2004", "l"]
])

/** What a change of modes begins with, and the rest of it. */
const introducer = "\u001b[?"
const change = /^([\d;]+)([hl])/

/** Longer than any sequence that is looked for. */
const longest = 64

/** Reads output as it passes, and knows what undoes its changes. */
export const modes = () => {
  const changed = new Map<string, string>()
  let rest = ""
  return {
    see: (bytes: Uint8Array): void => {
      const text = rest + Buffer.from(bytes).toString("latin1")
      for (const sequence of text.split(introducer).slice(1)) {
        const [, names, value] = change.exec(sequence) ?? []
        if (names === undefined || value === undefined) continue
        for (const name of names.split(";")) changed.set(name, value)
      }
      // A sequence may be cut in two. To see a whole one again changes nothing, since the last one counts.
      rest = text.slice(-longest)
    },
    /** Sets back what is not as it normally is, and the colours. */
    undone: (): string =>
      [...changed].reduce((sequences, [name, value]) => {
        const normal = normally.get(name)
        return normal === undefined || normal === value ? sequences : `${sequences}${introducer}${name}${normal}`
      }, "\u001b[0m")
  }
}
