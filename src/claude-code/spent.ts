/** What a conversation has used: each result counts once, however many readers see it. */
import type { ResultMessage, TokenUsage } from "../schema/stromboli/ClaudeMessage.js"
import type { Spent } from "./ClaudeResult.js"

export interface Account {
  /** Counts a result, and tells what its turn has cost, in US dollars. */
  readonly note: (result: ResultMessage) => number | undefined
  readonly spent: () => Spent
}

const nothing: TokenUsage = { inputTokens: 0, outputTokens: 0, cacheCreationInputTokens: 0, cacheReadInputTokens: 0 }

const sum = (a: TokenUsage, b: TokenUsage): TokenUsage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  cacheCreationInputTokens: a.cacheCreationInputTokens + b.cacheCreationInputTokens,
  cacheReadInputTokens: a.cacheReadInputTokens + b.cacheReadInputTokens
})

/** The costs of a session that was resumed include what it had cost before, which nobody tells. */
export const makeAccount = ({ isResumed }: { readonly isResumed: boolean }): Account => {
  const known = new WeakMap<ResultMessage, { readonly costUsd: number | undefined }>()
  let spent: Spent = { turns: 0, usage: nothing, costUsd: 0 }
  return {
    note: (result) => {
      const before = known.get(result)
      if (before !== undefined) return before.costUsd
      // The cost in a result is that of the session so far; its tokens are those of the turn.
      const { totalCostUsd, usage = nothing } = result
      const isUnknown = totalCostUsd === undefined || (isResumed && spent.turns === 0)
      const costUsd = isUnknown ? undefined : Math.max(0, totalCostUsd - spent.costUsd)
      known.set(result, { costUsd })
      spent = {
        turns: spent.turns + 1,
        usage: sum(spent.usage, usage),
        costUsd: Math.max(spent.costUsd, totalCostUsd ?? 0)
      }
      return costUsd
    },
    spent: () => spent
  }
}
