/** Passkeys of this device: made once, used once for each answer. Source: Web Authentication Level 3. */
import { call } from './api.js';
import { base64url, unbase64url } from './challenge.js';

/** Why no passkey can be used here, or ''. */
export function impossible() {
  if (/^[\d.]+$|^\[/.test(location.hostname)) return `Passkeys need a name; open http://localhost:${location.port}/console/ instead.`;
  if (!window.isSecureContext) return 'Passkeys need HTTPS; open the console by its private HTTPS address.';
  if (!window.PublicKeyCredential) return 'This browser has no passkeys.';
  return '';
}

/**
 * One assertion for one challenge. The person is verified: by finger, face or PIN.
 *
 * @param {Uint8Array} bytes the challenge
 * @param {{rp: string, list: {id: string}[]}} known passkeys that count
 */
export async function sign(bytes, known) {
  const credential = await navigator.credentials.get({
    publicKey: {
      challenge: bytes,
      rpId: known.rp,
      userVerification: 'required',
      timeout: 120_000,
      allowCredentials: known.list.map(({ id }) => ({ type: 'public-key', id: unbase64url(id) })),
    },
  });
  const { clientDataJSON, authenticatorData, signature } = credential.response;
  return { id: credential.id, clientDataJSON: base64url(clientDataJSON), authenticatorData: base64url(authenticatorData), signature: base64url(signature) };
}

/**
 * Makes a passkey by a code of the owner's terminal.
 *
 * @returns {Promise<{device: string, fingerprint: string}>} what the terminal has to show, too
 */
export async function enrol(code) {
  const { publicKey = null, ...flat } = await call('passkeys/begin', { method: 'POST', body: { code } });
  const options = publicKey ?? flat;
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: unbase64url(options.challenge),
      user: { ...options.user, id: unbase64url(options.user.id) },
      excludeCredentials: (options.excludeCredentials ?? []).map((each) => ({ ...each, id: unbase64url(each.id) })),
    },
  });
  const { response } = credential;
  return call('passkeys', {
    method: 'POST',
    body: {
      code,
      id: credential.id,
      clientDataJSON: base64url(response.clientDataJSON),
      authenticatorData: base64url(response.getAuthenticatorData()),
      publicKey: base64url(response.getPublicKey()),
      algorithm: response.getPublicKeyAlgorithm(),
    },
  });
}

/** What to say when a passkey was not used. */
export function why(failure) {
  if (failure.name === 'NotAllowedError') return 'Nothing was signed: it was cancelled, or took too long.';
  if (failure.name === 'InvalidStateError') return 'This device has a passkey already.';
  if (failure.name === 'SecurityError') return 'The passkeys belong to another address; open the console by that one.';
  return failure.message;
}
