/** A text as a file ends: with a line ending, unless it is empty. */
export const endingWithLine = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`)
