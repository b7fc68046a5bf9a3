/**
 * The names of keys and modifiers that clients may use, and their canonical names. A returned string is an error
 * message.
 */

const modifierNames: ReadonlyMap<string, string> = new Map([
  ["alt", "alt"],
  ["option", "alt"],
  ["cmd", "cmd"],
  ["command", "cmd"],
  ["meta", "cmd"],
  ["super", "cmd"],
  ["win", "cmd"],
  ["windows", "cmd"],
  ["control", "ctrl"],
  ["ctrl", "ctrl"],
  ["shift", "shift"]
])

const aliases: ReadonlyMap<string, string> = new Map([
  ["del", "delete"],
  ["esc", "escape"],
  ["page_down", "pagedown"],
  ["page_up", "pageup"],
  ["return", "enter"],
  ["spacebar", "space"]
])

const sides = ["left", "right"].flatMap((side) =>
  [...modifierNames].map(([name, modifier]): [string, string] => [`${side}_${name}`, `${side.charAt(0)}${modifier}`])
)

const sided: ReadonlyMap<string, string> = new Map([
  ...sides,
  ...["l", "r"].flatMap((side) =>
    ["alt", "cmd", "ctrl", "shift"].map((name): [string, string] => [`${side}${name}`, `${side}${name}`])
  )
])

const numbered = (prefix: string, from: number, to: number): ReadonlyArray<string> =>
  Array.from({ length: to - from + 1 }, (_, index) => `${prefix}${from + index}`)

const named: ReadonlySet<string> = new Set([
  ...["backspace", "capslock", "delete", "insert", "enter", "escape", "space", "tab", "menu"],
  ...["home", "end", "pagedown", "pageup", "up", "down", "left", "right"],
  ...numbered("f", 1, 24),
  ...numbered("num", 0, 9),
  ...["asterisk", "decimal", "enter", "equal", "lock", "minus", "plus", "slash"].map((name) => `num_${name}`)
])

const character = /^[A-Za-z0-9',\-./;=[\\\]`]$/

/** A key, and the modifier that it is, if any. */
export interface Key {
  readonly key: string
  readonly modifier: string | undefined
}

export const keyOf = (name: string): Key | string => {
  if (name === "") return `unsupported key "": empty key token`
  if (character.test(name)) return { key: name.toLowerCase(), modifier: undefined }
  const normalized = normalize(name)
  const modifier = modifierNames.get(normalized)
  if (modifier !== undefined) return { key: modifier, modifier }
  const oneSided = sided.get(normalized)
  if (oneSided !== undefined) return { key: oneSided, modifier: oneSided.slice(1) }
  const key = aliases.get(normalized) ?? normalized
  return named.has(key)
    ? { key, modifier: undefined }
    : `unsupported key ${JSON.stringify(name)}; see supported keyboard key names in the computer-use docs`
}

/** A key with modifiers. */
export type Chord = { readonly key: string; readonly modifiers: ReadonlyArray<string> }

/** Validates a key and modifiers that are given separately. */
export const chordOf = (name: string, modifierTexts: ReadonlyArray<string>): Chord | string => {
  const key = keyOf(name)
  if (typeof key === "string") return key
  const modifiers: Array<string> = []
  for (const text of modifierTexts) {
    const modifier = modifierNames.get(normalize(text))
    if (modifier === undefined) {
      return `unsupported modifier ${JSON.stringify(text)}; supported modifiers: ctrl, alt, shift, cmd`
    }
    if (modifiers.includes(modifier) || key.modifier === modifier) {
      return `duplicate modifier usage after normalization in press(${JSON.stringify(name)})`
    }
    modifiers.push(modifier)
  }
  return { key: key.key, modifiers }
}

/** Parses a chord such as `ctrl+shift+t`, whose last part is the key. */
export const hotkeyOf = (keys: string): Chord | string => {
  const invalid = (problem: string) => `invalid hotkey ${JSON.stringify(keys)}: ${problem}`
  const parts = keys.split("+").map((part) => part.trim())
  if (parts.includes("")) return invalid("empty key token")
  if (parts.some((part) => /\s/.test(part))) return invalid("only a single chord is supported")
  const modifiers = parts.slice(0, -1)
  if (modifiers.some((part) => isPlainKey(keyOf(part)))) {
    return invalid("chords may contain at most one non-modifier key")
  }
  const chord = chordOf(parts[parts.length - 1] ?? "", modifiers)
  return typeof chord === "string" ? invalid(chord) : chord
}

const isPlainKey = (key: Key | string): boolean => typeof key !== "string" && key.modifier === undefined

const normalize = (name: string): string => name.toLowerCase().replaceAll("-", "_")

/** Why a text cannot be typed, if it cannot. A newline is the Enter key. */
export const untypable = (text: string): string | undefined => {
  const found = /[\p{Cc}\u2028\u2029]/u.exec(text.replaceAll(/\r\n?|\n/g, ""))?.[0]
  if (found === undefined) return undefined
  return found === "\t"
    ? `keyboard.type does not translate '\\t' to Tab; use keyboard.press("tab") for Tab key events`
    : `unsupported control character in keyboard.type: U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`
}
