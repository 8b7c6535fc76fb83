// oidc-provider: a sign-in is the whole authorization code flow, four calls. It keeps no accounts, so nobody signs up.

import { cookieHeader, cookies, send } from '../http.mjs'
import { PASSWORD } from '../password.mjs'

const CALLBACK = 'http://127.0.0.1/signed-in'
const basic = { authorization: `Basic ${Buffer.from('portal:portal-secret').toString('base64')}` }
const form = (fields) => new URLSearchParams(fields).toString()

async function token(url, fields) {
  const { text } = await send('POST', `${url}/token`, { headers: basic, body: form(fields) })
  const { access_token, refresh_token } = JSON.parse(text)
  return { access_token, refresh_token }
}

export const operations = {
  prepare: async (url, email) => ({ email }),
  'sign-in': async (url, { email }) => {
    const query = form({ client_id: 'portal', response_type: 'code', redirect_uri: CALLBACK, scope: 'openid' })
    const statuses = [303]
    let answer = await send('GET', `${url}/auth?${query}`, { statuses })
    let jar = cookies(answer)
    const follow = async (method, path, body) => {
      answer = await send(method, new URL(path, url).href, { headers: cookieHeader(jar), body, statuses })
      jar = cookies(answer, jar)
    }
    await follow('POST', answer.headers.location, form({ email, password: PASSWORD }))
    await follow('GET', answer.headers.location)
    const code = new URL(answer.headers.location).searchParams.get('code')
    return token(url, { grant_type: 'authorization_code', code, redirect_uri: CALLBACK })
  },
  introspection: async (url, { access_token }) => {
    const body = form({ token: access_token })
    const { text } = await send('POST', `${url}/token/introspection`, { headers: basic, body })
    if (!JSON.parse(text).active) throw new Error('oidc-provider introspected a live token as dead')
  },
  refresh: (url, { refresh_token }) => token(url, { grant_type: 'refresh_token', refresh_token }),
}
