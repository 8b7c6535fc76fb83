// Document 003's sample, letter for letter from `const createSession` to its end, between what it takes for granted.
// `document-003.mjs` runs it.

const BASE_URL: string = process.argv[2];

const getClientToken = async (): Promise<{ access_token: string } | undefined> => {
  const answer = await fetch(`${BASE_URL}/auth/v2/token/`, {
    method: 'POST',
    headers: { Authorization: `Basic ${btoa('local-verifier:local-verifier-secret')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  return answer.ok ? await answer.json() : undefined;
};

const createSession = async (
scope: string,
vendorData?: string
) => {
const url = `${BASE_URL}/auth/v2/session`;
const token = await getClientToken();
if (!token) {
console.error('Error fetching client token');
} else {
const body = {
scope: scope,
vendor_data: vendorData
};
const requestOptions = {
method: 'POST',
headers: {
'Content-Type': 'application/json',
Authorization: `Bearer ${token.access_token}`,
},
body: JSON.stringify(body),
};
try {
const response = await fetch(url, requestOptions);
const data = await response.json();
if (response.status === 201 && data) {
return data;
} else {
console.error('Error creating session:', data.message);
throw new Error(data.message);
}
} catch (error) {
console.error('Network error:', error);
throw error;
}
}
};

export { BASE_URL, createSession, getClientToken };
