/** What is valid in a header. Some transports throw on anything else, with the value in the message. */

/** Visible ASCII and spaces; no control characters, no line breaks, nothing that transports encode differently. */
export const isHeaderValue = (value: string): boolean => /^[\x20-\x7e]*$/.test(value)

/** A bearer token: visible ASCII, at least one character. */
export const isToken = (value: string): boolean => /^[\x21-\x7e]+$/.test(value)

export const isHeaderName = (name: string): boolean => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)
