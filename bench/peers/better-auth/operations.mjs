// better-auth: e-mail and password, the session by its cookie. A refresh is its JWT plugin's: a new RS256 token for a
// live session, which itself stays.

import { cookieHeader, cookies, send } from '../http.mjs'
import { PASSWORD } from '../password.mjs'

const at = (url, path) => `${url}/api/auth/${path}`
// As a browser on its own page would send it, and the server wants it.
const headers = (url) => ({ origin: url })

export const operations = {
  prepare: async (url, email) => ({ email }),
  'sign-up': (url, { email }) =>
    send('POST', at(url, 'sign-up/email'), {
      headers: headers(url),
      body: { name: 'A Person', email, password: PASSWORD },
    }),
  'sign-in': async (url, { email }) => {
    const body = { email, password: PASSWORD }
    return cookieHeader(cookies(await send('POST', at(url, 'sign-in/email'), { headers: headers(url), body })))
  },
  'session check': async (url, session) => {
    const { text } = await send('GET', at(url, 'get-session'), { headers: session })
    if (!JSON.parse(text)?.session) throw new Error('better-auth found no session')
  },
  refresh: async (url, session) => {
    await send('GET', at(url, 'token'), { headers: session })
    return session
  },
}
