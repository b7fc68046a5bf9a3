/**
 * Scripts that complete commands, options and their values in a shell. Those of `@effect/cli` 0.77 know no command
 * below another, and none of a program with a hyphen in its name.
 */
import type { Described } from "./help.js"

/** The shells that there are scripts for. */
export const shells = ["bash", "zsh", "fish"] as const
export type Shell = (typeof shells)[number]

/** Single quotes, for every shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
const fishQuoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`

/** One word, and what it means. */
interface Word {
  readonly word: string
  readonly meaning: string
}

interface Place {
  /** The commands that lead here, with a space before each. */
  readonly path: string
  readonly commands: ReadonlyArray<Word>
  readonly options: ReadonlyArray<Word>
  /** What may follow an option: words, or any file; nothing else has a list of values. */
  readonly values: ReadonlyArray<{ readonly option: string; readonly words: ReadonlyArray<string> | "file" }>
}

const nameOf = (usage: string): string => usage.split(/[ ,]/, 1)[0] ?? ""

const valuesOf = (usage: string): ReadonlyArray<string> | "file" | undefined => {
  if (/ (FILE|PATH)\b/.test(usage)) return "file"
  return usage.includes(" | ") ? usage.replace(/^\S+ /, "").split(" | ") : undefined
}

const placesOf = (described: Described, path = ""): ReadonlyArray<Place> => {
  const { children, options } = described
  return [
    {
      path,
      commands: children.map(({ description, name }) => ({ word: name, meaning: description })),
      options: [
        ...options.map(([usage, meaning]) => ({ word: nameOf(usage), meaning })),
        { word: "--help", meaning: "Show help." }
      ],
      values: options.flatMap(([usage]) => {
        const words = valuesOf(usage)
        return words === undefined ? [] : [{ option: nameOf(usage), words }]
      })
    },
    ...children.flatMap((child) => placesOf(child, `${path} ${child.name}`))
  ]
}

/** The function that zsh and bash share: it prints the words that may come next, by what has been typed. */
const bourne = (places: ReadonlyArray<Place>, print: (word: Word) => string): string => `
_effect_sandboxes_words() {
  local path="" word previous="" known
  for word in "$@"; do
    case "$path" in
${places
  .filter(({ commands }) => commands.length > 0)
  .map(
    ({ commands, path }) =>
      `      ${quoted(path)}) case "$word" in ${commands.map(({ word }) => word).join("|")}) path="$path $word";; esac;;`
  )
  .join("\n")}
    esac
    previous="$word"
  done
  case "$path:$previous" in
${places
  .flatMap(({ path, values }) =>
    values.map(({ option, words }) =>
      words === "file"
        ? `    ${quoted(`${path}:${option}`)}) echo ":file"; return;;`
        : `    ${quoted(`${path}:${option}`)}) printf '%s\\n' ${words.map((word) => quoted(print({ word, meaning: "" }))).join(" ")}; return;;`
    )
  )
  .join("\n")}
  esac
  case "$path" in
${places
  .map(
    ({ commands, options, path }) =>
      `    ${quoted(path)}) printf '%s\\n' ${[...commands, ...options].map((word) => quoted(print(word))).join(" ")};;`
  )
  .join("\n")}
  esac
}
`

const bash = (places: ReadonlyArray<Place>): string => `${bourne(places, ({ word }) => word)}
_effect_sandboxes() {
  local words
  words="$(_effect_sandboxes_words "\${COMP_WORDS[@]:1:COMP_CWORD-1}")"
  if [ "$words" = ":file" ]; then
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  else
    COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  fi
}
complete -F _effect_sandboxes effect-sandboxes
`

// A colon separates a word from its meaning.
const zsh = (places: ReadonlyArray<Place>): string => `#compdef effect-sandboxes
${bourne(places, ({ meaning, word }) => (meaning === "" ? word : `${word}:${meaning}`))}
_effect_sandboxes() {
  local -a found
  found=("\${(@f)$(_effect_sandboxes_words "\${(@)words[2,CURRENT-1]}")}")
  if [[ "$found[1]" == ":file" ]]; then
    _files
  else
    _describe effect-sandboxes found
  fi
}
compdef _effect_sandboxes effect-sandboxes
`

const fish = (places: ReadonlyArray<Place>): string => `function __effect_sandboxes_words
  set -l typed (commandline -opc)
  set -l path ""
  for word in $typed[2..-1]
    switch "$path"
${places
  .filter(({ commands }) => commands.length > 0)
  .map(
    ({ commands, path }) =>
      `      case ${fishQuoted(path)}\n        if contains -- "$word" ${commands.map(({ word }) => word).join(" ")}\n          set path "$path $word"\n        end`
  )
  .join("\n")}
    end
  end
  switch "$path:$typed[-1]"
${places
  .flatMap(({ path, values }) =>
    values.map(({ option, words }) => {
      const found = words === "file" ? "__fish_complete_path (commandline -ct)" : `printf '%s\\n' ${words.join(" ")}`
      return `    case ${fishQuoted(`${path}:${option}`)}\n      ${found}\n      return`
    })
  )
  .join("\n")}
  end
  switch "$path"
${places
  .map(
    ({ commands, options, path }) =>
      `    case ${fishQuoted(path)}\n      printf '%s\\t%s\\n' ${[...commands, ...options].map(({ meaning, word }) => `${word} ${fishQuoted(meaning)}`).join(" ")}`
  )
  .join("\n")}
  end
end
complete -c effect-sandboxes -f -a "(__effect_sandboxes_words)"
`

const scripts = { bash, zsh, fish }

/** The script for a shell. */
export const script = (shell: Shell, described: Described): string => scripts[shell](placesOf(described))
