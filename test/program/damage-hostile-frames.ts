/** Files whose frames and location expressions keep whoever evaluates them busy. */
import { attribute, form, tag } from '../../adapter/program/dwarf/constants.ts';
import { type Bytes, base, bytes, codeFunction, codeUnit, inFunction, programOf } from './damage-writer.ts';

const expressionOf = (write: (to: Bytes) => void): Uint8Array => {
  const expression = bytes(write);
  return inFunction(
    [[tag.variable, false, [attribute.name, form.string], [attribute.location, form.exprloc]]],
    (to) => {
      to.repeat(8, (index) => to.u8(3).text(`v${index}`).uleb(expression.length).add(expression));
    },
  );
};

/** Common information and one description of all code, with these instructions. */
const frames = (write: (to: Bytes) => void): Uint8Array => {
  const instructions = bytes(write);
  return inFunction([], () => {}, [
    {
      name: '.debug_frame',
      bytes: bytes((to) => {
        to.u32(12).u32(0xffff_ffff).u8(3).u8(0).uleb(1).u8(0x78).uleb(1).u8(0, 0, 0);
        to.u32(20 + instructions.length)
          .u32(0)
          .u64(base)
          .u64(0x1000)
          .add(instructions);
      }),
    },
  ]);
};

export const hostileFrames: Readonly<Record<string, () => Uint8Array>> = {
  // Frames and expressions.
  'call frame information that remembers rows for ever': () => frames((to) => to.repeat(200_000, () => to.u8(0x0a))),
  'call frame information that remembers and restores many rules': () =>
    frames((to) => {
      to.u8(0x0c, 2, 0)
        .repeat(250, (register) => to.u8(8).uleb(register))
        .repeat(300_000, () => to.u8(0x0a, 8, 1, 0x0b));
    }),
  'call frame information that only advances': () =>
    frames((to) => to.u8(0x0c, 2, 0).repeat(1_000_000, () => to.u8(0x40))),
  'a rule with an endless loop for every register': () =>
    frames((to) => to.u8(0x0c, 2, 0).repeat(250, (register) => to.u8(0x16).uleb(register).u8(3, 0x2f, 0xfd, 0xff))),
  'an expression that jumps back': () => expressionOf((to) => to.u8(0x2f, 0xfd, 0xff)),
  'an expression that branches back and pushes': () => expressionOf((to) => to.u8(0x31, 0x31, 0x28, 0xfb, 0xff)),
  'an expression that calls itself': () =>
    inFunction([[tag.variable, false, [attribute.name, form.string], [attribute.location, form.exprloc]]], (to) => {
      const own = to.length;
      to.u8(3).text('v').uleb(10).u8(0x99).u32(own).u8(0x99).u32(own);
    }),
  'a frame base that asks for the frame base': () =>
    programOf(
      [
        codeUnit,
        [...codeFunction, [attribute.frameBase, form.exprloc]],
        [tag.variable, false, [attribute.name, form.string], [attribute.location, form.exprloc]],
      ],
      (to) => {
        to.u8(1)
          .u64(base)
          .u64(0x1000)
          .u8(2)
          .text('f')
          .u64(base)
          .u64(0x1000)
          .uleb(2)
          .u8(0x91, 0)
          .u8(3)
          .text('v')
          .uleb(2)
          .u8(0x91, 0)
          .u8(0, 0);
      },
    ),
  'pieces without number and of 2^53 bits': () =>
    expressionOf((to) => to.repeat(1000, () => to.u8(0x50, 0x93).uleb(1n << 49n))),
  'numbers that multiply themselves': () =>
    expressionOf((to) => to.u8(0x08, 0xff).repeat(4000, () => to.u8(0x12, 0x1e))),
  'values at entry that ask their caller twice': () =>
    programOf(
      [
        codeUnit,
        codeFunction,
        [tag.callSite, true, [attribute.callReturnPc, form.addr]],
        [tag.callSiteParameter, false, [attribute.location, form.exprloc], [attribute.callValue, form.exprloc]],
        [tag.variable, false, [attribute.name, form.string], [attribute.location, form.exprloc]],
      ],
      (to) => {
        to.u8(1).u64(base).u64(0x1000).u8(2).text('f').u64(base).u64(0x1000);
        to.repeat(128, (index) =>
          to
            .u8(3)
            .u64(base + BigInt(2 * index))
            .u8(4)
            .uleb(1)
            .u8(0x5a)
            .uleb(7)
            .u8(0xa3, 1, 0x5a, 0xa3, 1, 0x5a, 0x22)
            .u8(0),
        );
        to.u8(5).text('v').uleb(4).u8(0xa3, 1, 0x5a, 0x9f).u8(0, 0);
      },
      [
        {
          name: '.debug_frame',
          bytes: bytes((to) => {
            to.u32(20)
              .u32(0xffff_ffff)
              .u8(3)
              .u8(0)
              .uleb(1)
              .u8(0x78)
              .uleb(1)
              .u8(0x0c, 2, 16, 0x81, 1)
              .add(new Uint8Array(6));
            to.u32(20).u32(0).u64(base).u64(0x1000);
          }),
        },
      ],
    ),
};
