// Creates, finds and deactivates a user of a SCIM service with fetch, which Node has since version 18.
//
//   scimmock exec -- node examples/node/lifecycle.mjs

const base = process.env.SCIM_BASE_URL;
const token = process.env.SCIM_TOKEN;
if (!base || !token) {
  console.error("SCIM_BASE_URL and SCIM_TOKEN say which service and how to come in");
  process.exit(2);
}

async function call(method, path, body) {
  const answer = await fetch(base + path, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      Accept: "application/scim+json",
      "User-Agent": "scimmock-example-node",
      ...(body && { "Content-Type": "application/scim+json" }),
    },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) {
    throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  }
  return text ? JSON.parse(text) : null;
}

const userName = `ada.${Date.now()}@example.com`;
const created = await call("POST", "/Users", {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  userName,
  name: { givenName: "Ada", familyName: "Lovelace" },
  emails: [{ value: userName, type: "work", primary: true }],
  active: true,
});
console.log(`created ${created.userName}`);

const filter = encodeURIComponent(`userName eq "${userName}"`);
const found = await call("GET", `/Users?filter=${filter}`);
console.log(`found ${found.totalResults}`);

await call("PATCH", `/Users/${found.Resources[0].id}`, {
  schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
  Operations: [{ op: "replace", path: "active", value: false }],
});
const user = await call("GET", `/Users/${created.id}`);
console.log(`active ${user.active}`);
