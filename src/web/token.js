// What a join token says to the one who holds it. The page only reads it to greet people by their name and role: whether it
// is true is the server's business.

// {name, role, space} of a JWT's payload (RFC 7519), '' for what is not there; null for what is no token. Pure.
export function claimsOf(token) {
  const [, payload] = String(token).split('.');
  if (!payload) return null;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    const text = (value) => (typeof value === 'string' ? value : '');
    return { name: text(claims.name), role: text(claims.role), space: text(claims.space) };
  } catch {
    return null;
  }
}
