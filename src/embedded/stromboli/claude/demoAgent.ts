/** A deterministic agent that calls no model. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Run, RunInput, Turn } from "./ClaudeProcess.js"
import * as Script from "./Script.js"
import { exampleOf } from "./schemaExample.js"

/** Configures the demo agent. */
export interface DemoOptions {
  /** The pause before each line, which makes streaming visible. Default 40 ms; use 0 in tests. */
  readonly lineDelay?: Duration.DurationInput
}

/** The demo agent: deterministic answers by a few rules, each labelled as not from a model. */
export const make = (options: DemoOptions = {}): Run => {
  const delay = Duration.decode(options.lineDelay ?? "40 millis")
  const pause = Duration.equals(delay, Duration.zero) ? Effect.void : Effect.sleep(delay)
  return (input) => Stream.mapEffect(say(input), (line) => Effect.as(pause, line))
}

const say = (input: RunInput): Script.Output => {
  if (input.claude.json_schema !== "") {
    const value = exampleOf(input.claude.json_schema)
    return Script.replies(input, JSON.stringify(value), value)
  }
  const history = input.resume || input.claude.continue ? input.history : []
  const said = answer(input.prompt, history)
  return /\bin the background\b/i.test(input.prompt)
    ? Script.delegates(input, { answer: `${label} A sub-agent works on it in the background.`, news: said })
    : Script.replies(input, said)
}

/** Begins every answer of the demo agent. */
export const label = "[demo agent, no model was called]"

/** How much of a prompt the rules read: the time that some of them take grows with its square. */
const readByRules = 1_000

type Rule = (prompt: string, history: ReadonlyArray<Turn>) => string | undefined

/** The answer of the first rule that applies, or a summary of the prompt. */
export const answer = (prompt: string, history: ReadonlyArray<Turn>): string => {
  const beginning = prompt.slice(0, readByRules)
  for (const rule of rules) {
    const said = rule(beginning, history)
    if (said !== undefined) return said
  }
  return summary(prompt)
}

const numberWords: Readonly<Record<string, number>> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  twelve: 12,
  twenty: 20,
  fifty: 50,
  hundred: 100
}

const count: Rule = (prompt) => {
  const target = /\bcount\b.*?\b(?:to|until|up to)\s+(\d+|[a-z]+)/is.exec(prompt)?.[1]
  const end = target === undefined ? undefined : (numberWords[target.toLowerCase()] ?? Number(target))
  if (end === undefined || !Number.isSafeInteger(end) || end < 1) return undefined
  const last = Math.min(end, 10_000)
  return [`${label} Counting to ${last}:`, ...Array.from({ length: last }, (_, index) => `${index + 1}`)].join("\n")
}

const introduction = /\b(?:my name is|i am called|call me)\s+([\p{L}\p{N}_-]+)/iu

const nameIn = (text: string): string | undefined => introduction.exec(text.slice(0, readByRules))?.[1]

const greeting: Rule = (prompt) => {
  const name = nameIn(prompt)
  return name === undefined ? undefined : `${label} Nice to meet you, ${name}. I will remember your name.`
}

const recall: Rule = (prompt, history) => {
  if (!/\b(?:what(?:'s| is)|do you (?:know|remember)|who am)\b.*\b(?:my name|i\b)/is.test(prompt)) return undefined
  const told = history.findLast((turn) => turn.role === "user" && nameIn(turn.text) !== undefined)
  const name = told === undefined ? undefined : nameIn(told.text)
  return name === undefined
    ? `${label} You have not told me your name in this session.`
    : `${label} Your name is ${name}.`
}

const haiku: Rule = (prompt) => {
  if (!/\bhaiku\b/i.test(prompt)) return undefined
  const topic = (/\b(?:about|on|of)\s+(.+?)[.!?]*$/is.exec(prompt)?.[1] ?? "nothing").trim()
  return [label, `${topic}, quietly`, "one line follows another", "nobody wrote them"].join("\n")
}

const arithmetic: Rule = (prompt) => {
  const [, left, operator, right] = /(-?\d+(?:\.\d+)?)\s*([-+*×/÷])\s*(-?\d+(?:\.\d+)?)/.exec(prompt) ?? []
  const operate = operator === undefined ? undefined : operations[operator]
  return operate === undefined ? undefined : `${label} ${operate(Number(left), Number(right))}`
}

const operations: Readonly<Record<string, (left: number, right: number) => number>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "×": (left, right) => left * right,
  "/": (left, right) => left / right,
  "÷": (left, right) => left / right
}

const hello: Rule = (prompt) =>
  /^\s*(?:hello|hi|hey|good (?:morning|evening))\b/i.test(prompt) && prompt.length < 60
    ? `${label} Hello! Ask me to count, to write a haiku or to remember your name.`
    : undefined

const rules: ReadonlyArray<Rule> = [count, haiku, recall, greeting, arithmetic, hello]

const summary = (prompt: string): string => {
  const words = prompt.split(/\s+/).filter((word) => word !== "")
  const shown = prompt.length > 400 ? `${prompt.slice(0, 400)}…` : prompt
  return `${label} I read your ${words.length === 1 ? "word" : `${words.length} words`}:\n${shown}`
}
