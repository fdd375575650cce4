/** Elements of page.html by their id; a missing one is a defect of the page. */
export function element<Kind extends HTMLElement>(id: string): Kind {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no element "${id}"`)
  return found as Kind
}

/** Shows an error, or none. */
export function showError(message: string): void {
  element('error').textContent = message
}

export function showStatus(text: string): void {
  element('status').textContent = text
}

/** Saves a text or bytes as a file. */
export function download(name: string, content: BlobPart, type = 'text/plain'): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([content], { type }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
