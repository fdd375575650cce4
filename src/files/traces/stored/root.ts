import { stat } from 'node:fs/promises'
import { checkPath, valueText } from '../../../model/checks.ts'
import { KairosError, refuseUsage } from '../../../model/errors.ts'
import { percentDecoded } from '../../../model/percent-decoded.ts'
import { throwDiskError } from '../../io/disk-error.ts'

/** Shared storage that holds traces: a folder, or what an HTTP server has below a URL. */
export type TraceRoot =
  | { readonly kind: 'folder'; readonly name: string }
  | { readonly kind: 'http'; readonly name: string; readonly url: URL; readonly authorization?: string }

/** The environment variable of the password to a URL with a user name: a URL is seen by other users of the machine. */
const PASSWORD_VARIABLE = 'KAIROS_TRACE_PASSWORD'

/** @throws KairosError BAD_USAGE for a URL of another scheme, or with a password, query or fragment */
export function parseTraceRoot(text: string, environment = process.env): TraceRoot {
  const refuse = (problem: string, cure: string): never => {
    refuseUsage('traceRoot', problem, cure)
  }
  if (typeof text !== 'string') refuse(`is ${valueText(text)}`, 'give a folder, or the URL of one')
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1].toLowerCase()
  if (text === '') refuse('is empty', 'give a folder, or the URL of one')
  if (scheme === undefined) return { kind: 'folder', name: text }
  if (scheme !== 'http' && scheme !== 'https') {
    refuse(`is a URL of ${scheme}`, 'mount that storage as a folder, or serve it over http:// or https://')
  }
  if (!URL.canParse(text)) refuse('is not a URL', 'write it as in https://host/traces')
  const url = new URL(text)
  // the message does not repeat the URL: it may hold a password
  if (url.password !== '') refuse('has a password', `leave it out, and set ${PASSWORD_VARIABLE}`)
  if (url.search !== '' || url.hash !== '') {
    refuse('has a query or a fragment', 'give the URL of a folder: files are found by adding their paths')
  }
  const { username } = url
  url.username = ''
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  const password = environment[PASSWORD_VARIABLE] ?? ''
  const credentials = Buffer.from(`${percentDecoded(username)}:${password}`).toString('base64')
  return {
    kind: 'http',
    name: url.href,
    url,
    ...(username !== '' && { authorization: `Basic ${credentials}` }),
  }
}

/**
 * The parts of a path below a root.
 *
 * @throws KairosError BAD_USAGE for a path that may leave the root, or that systems read differently
 */
export function partsBelow(root: TraceRoot, file: string): string[] {
  checkPath(file)
  const parts = file.split('/')
  if (parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\\0]/.test(part)))
    return parts
  const problem = `is not a path below the trace root ${root.name}`
  throw new KairosError('BAD_USAGE', problem, { file }, 'name it as in monday/trace.csv, with slashes')
}

/** @throws KairosError NO_FILE where a root is no folder of this machine; a URL is not asked */
export async function checkTraceRoot(root: TraceRoot): Promise<void> {
  if (root.kind === 'http') return
  const found = await stat(root.name).catch(throwDiskError(root.name))
  if (found.isDirectory()) return
  throw new KairosError('NO_FILE', 'is no folder', { file: root.name }, 'give the folder of the traces')
}
