// Calls over HTTP/1.1, on connections that stay open.

import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true })

/** The answer to a call, when it is of one of these statuses. A body that is no string goes as JSON. */
export function send(method, url, { headers = {}, body, statuses = [200] } = {}) {
  const isText = typeof body === 'string'
  const content = isText || body === undefined ? body : JSON.stringify(body)
  const type = isText ? 'application/x-www-form-urlencoded' : 'application/json'
  const entity = content === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(content) }
  return new Promise((resolve, reject) => {
    const call = request(url, { method, agent, headers: { ...entity, ...headers } }, (answer) => {
      const chunks = []
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const { statusCode: status, headers } = answer
        if (statuses.includes(status)) resolve({ status, headers, text })
        else reject(new Error(`${method} ${url} answered ${status}: ${text.slice(0, 200)}`))
      })
    })
    call.on('error', (error) => reject(new Error(`${method} ${url}: ${error.message}`)))
    call.end(content)
  })
}

/** As a browser would send back what the answers set, joined to what was set before. */
export function cookies(answer, before = {}) {
  const set = (answer.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';', 1)[0])
  return { ...before, ...Object.fromEntries(set.map((pair) => [pair.slice(0, pair.indexOf('=')), pair])) }
}

export const cookieHeader = (jar) => ({ cookie: Object.values(jar).join('; ') })

/** Until a call is answered 200; the process that is to answer may not listen yet. */
export async function untilAnswered(url, isAlive) {
  for (;;) {
    try {
      return await send('GET', url)
    } catch (error) {
      if (!isAlive()) throw new Error(`what should serve ${url} has ended`)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
}
