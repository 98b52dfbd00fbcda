/**
 * A debug adapter with one frame and one variable that changes at each step, inside the extension host: what a click takes with
 * it is what VS Code takes with any adapter.
 */
const vscode = require('vscode');

class Adapter {
  #send = new vscode.EventEmitter();
  #sequence = 0;
  #steps = 100;
  #path = '';
  onDidSendMessage = this.#send.event;

  handleMessage({ seq, command, arguments: args }) {
    const body = this.#answer(command, args);
    this.#say({ type: 'response', request_seq: seq, success: true, command, body });
    if (command === 'initialize') this.#say({ type: 'event', event: 'initialized' });
    if (command === 'disconnect') this.#say({ type: 'event', event: 'terminated' });
    if (command === 'configurationDone' || command === 'stepBack')
      this.#say({ type: 'event', event: 'stopped', body: { reason: 'step', threadId: 1, allThreadsStopped: true } });
  }

  #answer(command, args) {
    switch (command) {
      case 'initialize':
        return { supportsStepBack: true, supportsConfigurationDoneRequest: true };
      case 'launch':
        this.#path = args.path;
        return {};
      case 'threads':
        return { threads: [{ id: 1, name: 'one' }] };
      case 'stackTrace': {
        const source = { name: 'main.c', path: this.#path };
        return { stackFrames: [{ id: 1, name: 'main', source, line: this.#steps, column: 1 }], totalFrames: 1 };
      }
      case 'scopes':
        return { scopes: [{ name: 'Locals', variablesReference: 1, expensive: false }] };
      case 'variables':
        return { variables: [{ name: 'steps', value: String(this.#steps), variablesReference: 0 }] };
      case 'evaluate':
        return { result: String(this.#steps), variablesReference: 0 };
      case 'stepBack':
        this.#steps -= 1;
        return {};
      default:
        return {};
    }
  }

  #say(message) {
    this.#sequence += 1;
    this.#send.fire({ seq: this.#sequence, ...message });
  }

  dispose() {}
}

exports.activate = (context) => {
  const factory = {
    createDebugAdapterDescriptor: () => new vscode.DebugAdapterInlineImplementation(new Adapter()),
  };
  context.subscriptions.push(vscode.debug.registerDebugAdapterDescriptorFactory('trivial', factory));
};
