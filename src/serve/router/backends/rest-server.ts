/** A server of the Open Inference Protocol over HTTP. */
import { beyondLimit } from '../../grpc/client/client-call.ts'
import { MAX_ANSWER_BYTES } from '../../grpc/client/remote-method.ts'
import type { ChannelTls } from '../../grpc/client/session.ts'
import { forwardedHeaders, type Headers } from '../../grpc/headers.ts'
import { LARGER_LIMIT } from '../../grpc/status.ts'
import { type HttpRequest, type HttpResponse, type HttpResult, openHttpClient } from '../../http/client.ts'
import { checkRestResponse, codeOfRest, JSON_LENGTH, modelPath, restErrorOf } from '../../protocols/rest.ts'
import { soon } from '../../soon.ts'
import type { Payload, Reply } from '../job.ts'
import { failureOf, malformedReply } from './failure.ts'

export type RestServer = ReturnType<typeof openRestServer>

/** The most questions of clients that wait for a server: each has its own connection, and clients may ask many. */
const MOST_ASKED = 64

const ASKED_TOO_MUCH = beyondLimit(`the server has not answered ${MOST_ASKED} questions; try again later`)

export function openRestServer(
  address: string,
  options: { readonly tls?: ChannelTls | undefined; readonly maxMessageBytes: number },
) {
  const client = openHttpClient(address, { ...options, limitCure: LARGER_LIMIT })
  /** Questions of clients that are not answered. */
  let open = 0
  const get = (path: string, timeoutMs: number) =>
    new Promise<HttpResult>((resolve) => {
      client.request({ method: 'GET', path, timeoutMs, maxAnswerBytes: MAX_ANSWER_BYTES }, resolve)
    })
  return {
    infer(
      { request, headers, version = '' }: Payload,
      model: string,
      timeoutMs: number,
      replied: (reply: Reply) => void,
    ) {
      const path = modelPath(model, version, 'infer')
      const asked: HttpRequest = { method: 'POST', path, headers, body: request, timeoutMs }
      return client.request(asked, (result) => replied(replyOf(result)))
    },
    /** Passes on a question. */
    ask(question: HttpRequest, done: (result: HttpResult) => void): { cancel(): void } {
      if (open === MOST_ASKED) return soon(() => done(ASKED_TOO_MUCH))
      open++
      let isOpen = true
      const end = () => {
        if (isOpen) open--
        isOpen = false
      }
      // a client that resets its stream at once, again and again, would open a connection each time
      let running = soon(() => {
        running = client.request(question, (result) => {
          end()
          done(result)
        })
      })
      return {
        cancel() {
          end()
          running.cancel()
        },
      }
    },
    /** Why /v2/health/live is not answered with 200 over HTTP, and whether by a server of HTTP; undefined if it is. */
    async whyDead(timeoutMs: number) {
      const found = await get('/v2/health/live', timeoutMs)
      if (found.kind === 'error') return { details: found.details, speaksHttp: false }
      if (found.status === 200) return undefined
      // a port that requires TLS may answer with 400 in plain text
      return {
        details: `its health check /v2/health/live answers ${found.status}`,
        speaksHttp: found.status !== 400,
      }
    },
    /** Why the server cannot serve the model; undefined if it can. */
    async check(model: string, timeoutMs: number): Promise<string | undefined> {
      const found = await get(modelPath(model, '', 'ready'), timeoutMs)
      if (found.kind === 'error') return found.details
      return found.status === 200 ? undefined : `the model "${model}" is not ready (HTTP ${found.status})`
    },
    close: client.close,
  }
}

/**
 * The headers of a response for the client: the type of the body and the length of its JSON belong to it. A response
 * without a body, such as 204 and 304, has no type unless the server gives one.
 */
export function restHeaders({ headers, body }: Pick<HttpResponse, 'headers' | 'body'>): Headers {
  const type = headers['content-type'] ?? (body.length > 0 ? 'application/json' : undefined)
  return { ...forwardedHeaders(headers), ...(type !== undefined && { 'content-type': type }) }
}

function replyOf(result: HttpResult): Reply {
  if (result.kind === 'error') return failureOf(result)
  const { status: httpStatus, body } = result
  const headers = restHeaders(result)
  if (httpStatus !== 200) {
    const code = codeOfRest(httpStatus)
    const details = restErrorOf(body) ?? `the server answered with the HTTP status ${httpStatus}`
    const error = { code, details, http: { status: httpStatus, headers, body } }
    return { kind: 'failure', ...error, origin: 'server' }
  }
  try {
    checkRestResponse(body, result.headers[JSON_LENGTH] as string | undefined)
    return { kind: 'answer', response: body, headers }
  } catch (error) {
    return malformedReply(error, `of ${body.length} bytes, as ${result.headers['content-type'] ?? 'no type'}`)
  }
}
