// The results of mailauth over a message on standard input, one a line. Arguments: the package's folder, then records: name, text, name, …
import { createRequire } from 'node:module';
import fs from 'node:fs';

const [folder, ...pairs] = process.argv.slice(2);
const { dkimVerify } = createRequire(`${folder}/`)('mailauth/lib/dkim/verify');
const records = new Map();
for (let at = 0; at < pairs.length; at += 2) records.set(pairs[at], pairs[at + 1]);
const resolver = async name => {
    if (records.has(name)) return [[records.get(name)]];
    throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
};
const found = await dkimVerify(fs.readFileSync(0), { resolver });
for (const one of found.results) console.log(one.status.result);
