import { KairosError } from '../../../model/errors.ts'

/** How long a server may take to answer, and then to send the next bytes, ms. */
const SILENCE_MS = 30_000

/** How long a download may take as a whole, ms. */
const WHOLE_MS = 15 * 60_000

export interface Download {
  readonly authorization?: string | undefined
  readonly mostBytes: number
  readonly signal?: AbortSignal | undefined
  readonly silenceMs?: number
  readonly longestMs?: number
}

/**
 * The bytes at a URL, by one GET. Redirects are refused: they could lead anywhere.
 *
 * @throws KairosError NO_FILE where there is none, or the server is silent or too slow; TOO_LARGE beyond `mostBytes`
 */
export async function* download(url: URL, options: Download): AsyncGenerator<Uint8Array> {
  const { authorization, mostBytes, signal, silenceMs = SILENCE_MS, longestMs = WHOLE_MS } = options
  const { href: file } = url
  const ended = new AbortController()
  const end = (problem: string) => ended.abort(refused(file, problem, 'check the server and the network'))
  const stop = () => ended.abort(signal?.reason)
  const whole = setTimeout(() => end(`took longer than ${longestMs / 1000} s`), longestMs)
  const silence = setTimeout(() => end(`sent nothing for ${silenceMs / 1000} s`), silenceMs)
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: ended.signal,
      headers: { 'accept-encoding': 'identity', ...(authorization && { authorization }) },
    })
    silence.refresh()
    checkStatus(file, response)
    let bytes = 0
    for await (const chunk of response.body ?? []) {
      silence.refresh()
      bytes += chunk.length
      if (bytes > mostBytes) throw tooLong(file, mostBytes)
      yield chunk
    }
  } catch (error) {
    if (ended.signal.aborted) throw ended.signal.reason
    if (error instanceof KairosError) throw error
    const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException }
    const problem = `cannot be downloaded (${cause?.code ?? cause?.message ?? message})`
    throw refused(file, problem, 'check the server')
  } finally {
    clearTimeout(whole)
    clearTimeout(silence)
    signal?.removeEventListener('abort', stop)
    // what is left of the answer need not come
    ended.abort()
  }
}

function checkStatus(file: string, { status, ok }: Response): void {
  if (ok) return
  if (status >= 300 && status < 400) {
    const problem = `is elsewhere (status ${status}), and redirects are not followed`
    throw refused(file, problem, 'give the address that it leads to as the trace root')
  }
  if (status === 401 || status === 403) {
    const cure = 'write https://user@host/, and the password into KAIROS_TRACE_PASSWORD'
    throw refused(file, `needs another name or password (status ${status})`, cure)
  }
  throw refused(file, `is not there (status ${status})`, 'check the path and the trace root')
}

function refused(file: string, problem: string, cure: string): KairosError {
  return new KairosError('NO_FILE', problem, { file }, cure)
}

/** The error for a file that is longer than it may be. */
export function tooLong(file: string, mostBytes: number): KairosError {
  return new KairosError('TOO_LARGE', `has more than ${mostBytes} bytes`, { file }, 'is this the right file?')
}
