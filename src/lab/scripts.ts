import { reinstateAccount, suspendAccount } from '../targets/linux/accountScripts.js';
import { inspectAccount } from '../targets/linux/inspectScript.js';
import { managedKeyFile, ownKeyFile } from '../targets/linux/keyFileScripts.js';
import { lookAtOwnPassword } from '../targets/linux/ownPasswordScript.js';
import { readHash, setHash, setPassword } from '../targets/linux/passwordScripts.js';
import { beginMark, type RootScript } from '../targets/linux/remoteScript.js';
import { endAccountSessions } from '../targets/linux/sessionScript.js';
import { packed } from '../targets/linux/shellCommand.js';
import type { ServerProcess } from '../transport/ssh/server.js';
import { endSessions, inspect, reinstate, seeNothing, suspend } from './accountOperations.js';
import type { LabDevice } from './device.js';
import { exitCodes } from './exitCodes.js';
import { InputReader } from './inputReader.js';
import { printKeyFile, writeKeyFile } from './keyFileOperations.js';
import type { RunOperation } from './operation.js';
import { changePassword, printHash, putHashBack } from './passwordOperations.js';

/** One script of the driver's, as it reaches a device. */
interface ScriptCall {
  readonly device: LabDevice;
  /** Who is logged in. */
  readonly user: string;
  readonly script: string;
  /** Printed when it is ready. */
  readonly mark: string;
  /** The account it is about. */
  readonly subject: string;
  readonly args: readonly string[];
  readonly process: ServerProcess;
}

interface Known {
  readonly by: 'root' | 'self';
  readonly body: string;
  /** Arguments that belong to the script: it runs another one in the account's name. */
  readonly lead: readonly string[];
  readonly run: RunOperation;
}

function asRoot({ body }: RootScript, run: RunOperation): Known {
  return { by: 'root', body, lead: [], run };
}

function asOwner({ body, args = [] }: RootScript, run: RunOperation): Known {
  return { by: 'root', body, lead: args.slice(0, 1), run };
}

function asSelf({ body }: RootScript, run: RunOperation): Known {
  return { by: 'self', body, lead: [], run };
}

const managed = managedKeyFile('');
const own = ownKeyFile('');

/** A device runs no shell: it knows the driver's scripts by their text, and does what each is for. */
const knownScripts: readonly Known[] = [
  asRoot(setPassword, changePassword),
  asRoot(readHash, printHash),
  asRoot(setHash, putHashBack),
  asRoot(suspendAccount({ lock: false }), suspend),
  asRoot(reinstateAccount, reinstate),
  asRoot(endAccountSessions({ revokes: false }), endSessions),
  asRoot(inspectAccount(''), inspect),
  asOwner(managed.read, printKeyFile),
  asOwner(managed.look, seeNothing),
  asOwner(managed.write('', 0), writeKeyFile),
  asSelf(lookAtOwnPassword, seeNothing),
  asSelf(own.read, printKeyFile),
  asSelf(own.look, seeNothing),
  asSelf(own.write('', 0), writeKeyFile),
];

export async function runScript(call: ScriptCall): Promise<number> {
  const { device, user, subject, args, process } = call;
  const known = knownScripts.find((each) => fits(each, call));
  if (known === undefined) return exitCodes.notFound;
  if (user !== (known.by === 'root' ? 'root' : subject)) return exitCodes.notRoot;
  const account = device.account(subject);
  if (account === null) return exitCodes.noAccount;
  const input = new InputReader(process.input);
  const print = (text: string) => process.output.write(Buffer.from(text, 'latin1'));
  const begin = (...words: readonly string[]) => {
    print(`${[call.mark, ...words].join(' ')}\n`);
    return skipTo(input, beginMark);
  };
  return known.run({ device, account, args: args.slice(known.lead.length), input, begin, print });
}

function fits({ body, lead }: Known, { script, args }: ScriptCall): boolean {
  return script.endsWith(packed(body)) && lead.every((each, at) => each === args[at]);
}

async function skipTo(input: InputReader, mark: string): Promise<boolean> {
  for (let line = await input.line(); line !== null; line = await input.line()) if (line === mark) return true;
  return false;
}
