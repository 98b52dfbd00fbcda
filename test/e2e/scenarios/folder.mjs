/** F5 in a kernel's folder that has no launch.json: the lines of its makefile and of Cargo are offered, shown, and recorded. */
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { putDemo, putText } from '../files.mjs';

const makefile = `K = .
QEMU = qemu-system-riscv64
QEMUOPTS = -machine virt -bios none -kernel $K/demo.elf -m 128M -smp 1 -nographic

qemu:
	$(QEMU) $(QEMUOPTS)
net:
	$(QEMU) $(QEMUOPTS) -smp 2 -netdev user,id=net0
`;

const triple = 'riscv64gc-unknown-none-elf';
const cargo = `[build]
target = "${triple}"
[target.${triple}]
runner = "qemu-system-riscv64 -machine virt -bios none -m 128M -nographic -kernel"
`;

export const prepare = (workspace) => {
  putDemo(workspace);
  putText(workspace, 'Makefile', makefile);
  const built = join(workspace, 'target', triple, 'debug');
  mkdirSync(built, { recursive: true });
  copyFileSync(join(workspace, 'demo.elf'), join(built, 'kernel'));
  mkdirSync(join(workspace, '.cargo'));
  putText(workspace, '.cargo/config.toml', cargo);
};

export const run = async (window, { timed, workspace }) => {
  await window.command('Chronovisor: Record a Kernel of This Folder...');
  const rows = await window.until('what was found', async () => {
    const found = await window.rows('.quick-input-list');
    return found.some((row) => row.includes('make qemu')) && found;
  });
  if (!rows.some((row) => row.includes('Makefile:6') && row.includes('-kernel ./demo.elf')))
    throw new Error(`the list says ${rows.join(' | ')}`);
  await window.picture('choice');
  await window.row('make net');
  await window.until('the line to edit', async () =>
    (await window.text('.quick-input-message')).join().includes('no network device'),
  );
  await window.picture('left-out');
  await window.press('Escape');

  // By the key, with a file of the kernel open: the language says which debugger.
  await window.openFile('main.c');
  await window.page.locator('.editor-instance .view-line').first().waitFor();
  await window.press('F5');
  await window.until('a list', async () => (await window.rows('.quick-input-list')).length > 0);
  if ((await window.rows('.quick-input-list')).some((row) => row === 'Chronovisor')) await window.row('Chronovisor');
  await timed('a choice to the panic', async () => {
    await window.row('make qemu');
    await window.until('a session', () => window.hasSession());
    await window.press('Control+Shift+D');
    await window.topIs('panic');
  });
  await window.picture('panic');
  await window.stop();
  if (!existsSync(join(workspace, 'demo.chrono'))) throw new Error('there is no recording demo.chrono');

  await window.command('Chronovisor: Record a Kernel of This Folder...');
  await timed("Cargo's kernel to the panic", async () => {
    await window.row('cargo');
    await window.until('a session', () => window.hasSession());
    await window.topIs('panic');
  });
  await window.stop();

  await window.command('Chronovisor: Record a Kernel of This Folder...');
  await window.until('the recording in the list', async () =>
    (await window.rows('.quick-input-list')).some((row) => row.includes('demo.chrono')),
  );
  await window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'make qemu' }).first().hover();
  await window.page.locator('.quick-input-list [aria-label="Save as launch.json"]').first().click();
  const file = join(workspace, '.vscode/launch.json');
  await window.until('the machine in launch.json', () => {
    return existsSync(file) && readFileSync(file, 'utf8').includes('"machine": "-machine virt');
  });
  await window.picture('saved');
};
