/** A part of a URL as it was before it was percent-encoded; as it is where it is not encoded well. */
export function percentDecoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
