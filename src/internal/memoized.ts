/** Computes what belongs to a name once. For names of which there are few, such as those of operations. */
export const memoized = <A>(compute: (name: string) => A): ((name: string) => A) => {
  const known = new Map<string, A>()
  return (name) => {
    const found = known.get(name)
    if (found !== undefined) return found
    const computed = compute(name)
    known.set(name, computed)
    return computed
  }
}
