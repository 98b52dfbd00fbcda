/**
 * The numbers of DWARF that this reader knows, as the tables of DWARF 5 chapter 7 ("Data Representation") have them, and the
 * GNU extensions that GCC writes in DWARF 4. Names are the manual's, without the prefix.
 */

export const tag = {
  arrayType: 0x01,
  classType: 0x02,
  enumerationType: 0x04,
  formalParameter: 0x05,
  lexicalBlock: 0x0b,
  member: 0x0d,
  pointerType: 0x0f,
  referenceType: 0x10,
  compileUnit: 0x11,
  stringType: 0x12,
  structureType: 0x13,
  subroutineType: 0x15,
  typedef: 0x16,
  unionType: 0x17,
  unspecifiedParameters: 0x18,
  variant: 0x19,
  inheritance: 0x1c,
  inlinedSubroutine: 0x1d,
  ptrToMemberType: 0x1f,
  setType: 0x20,
  subrangeType: 0x21,
  baseType: 0x24,
  constType: 0x26,
  constant: 0x27,
  enumerator: 0x28,
  packedType: 0x2d,
  subprogram: 0x2e,
  templateTypeParameter: 0x2f,
  templateValueParameter: 0x30,
  variantPart: 0x33,
  variable: 0x34,
  volatileType: 0x35,
  restrictType: 0x37,
  interfaceType: 0x38,
  namespace: 0x39,
  importedModule: 0x3a,
  unspecifiedType: 0x3b,
  partialUnit: 0x3c,
  importedUnit: 0x3d,
  sharedType: 0x40,
  typeUnit: 0x41,
  rvalueReferenceType: 0x42,
  templateAlias: 0x43,
  atomicType: 0x47,
  callSite: 0x48,
  callSiteParameter: 0x49,
  skeletonUnit: 0x4a,
  immutableType: 0x4b,
  gnuCallSite: 0x4109,
  gnuCallSiteParameter: 0x410a,
} as const;

export const attribute = {
  sibling: 0x01,
  location: 0x02,
  name: 0x03,
  byteSize: 0x0b,
  bitOffset: 0x0c,
  bitSize: 0x0d,
  statementList: 0x10,
  lowPc: 0x11,
  highPc: 0x12,
  language: 0x13,
  discriminant: 0x15,
  discriminantValue: 0x16,
  visibility: 0x17,
  stringLength: 0x19,
  compilationDirectory: 0x1b,
  constValue: 0x1c,
  containingType: 0x1d,
  inline: 0x20,
  lowerBound: 0x22,
  producer: 0x25,
  prototyped: 0x27,
  upperBound: 0x2f,
  abstractOrigin: 0x31,
  accessibility: 0x32,
  artificial: 0x34,
  callingConvention: 0x36,
  count: 0x37,
  dataMemberLocation: 0x38,
  declarationColumn: 0x39,
  declarationFile: 0x3a,
  declarationLine: 0x3b,
  declaration: 0x3c,
  discriminantList: 0x3d,
  encoding: 0x3e,
  external: 0x3f,
  frameBase: 0x40,
  import: 0x18,
  specification: 0x47,
  type: 0x49,
  useLocation: 0x4a,
  virtuality: 0x4c,
  vtableElementLocation: 0x4d,
  allocated: 0x4e,
  associated: 0x4f,
  dataLocation: 0x50,
  entryPc: 0x52,
  extension: 0x54,
  ranges: 0x55,
  callColumn: 0x57,
  callFile: 0x58,
  callLine: 0x59,
  objectPointer: 0x64,
  signature: 0x69,
  dataBitOffset: 0x6b,
  enumClass: 0x6d,
  linkageName: 0x6e,
  strOffsetsBase: 0x72,
  addrBase: 0x73,
  rnglistsBase: 0x74,
  dwoName: 0x76,
  reference: 0x77,
  rvalueReference: 0x78,
  callAllCalls: 0x7a,
  callReturnPc: 0x7d,
  callValue: 0x7e,
  callOrigin: 0x7f,
  callTarget: 0x83,
  callDataValue: 0x85,
  noreturn: 0x87,
  alignment: 0x88,
  loclistsBase: 0x8c,
  mipsLinkageName: 0x2007,
  gnuCallSiteValue: 0x2111,
  gnuCallSiteTarget: 0x2113,
  gnuAllCallSites: 0x2117,
  gnuDwoName: 0x2130,
  gnuDwoId: 0x2131,
  gnuRangesBase: 0x2132,
  gnuAddrBase: 0x2133,
} as const;

export const form = {
  addr: 0x01,
  block2: 0x03,
  block4: 0x04,
  data2: 0x05,
  data4: 0x06,
  data8: 0x07,
  string: 0x08,
  block: 0x09,
  block1: 0x0a,
  data1: 0x0b,
  flag: 0x0c,
  sdata: 0x0d,
  strp: 0x0e,
  udata: 0x0f,
  refAddr: 0x10,
  ref1: 0x11,
  ref2: 0x12,
  ref4: 0x13,
  ref8: 0x14,
  refUdata: 0x15,
  indirect: 0x16,
  secOffset: 0x17,
  exprloc: 0x18,
  flagPresent: 0x19,
  strx: 0x1a,
  addrx: 0x1b,
  refSup4: 0x1c,
  strpSup: 0x1d,
  data16: 0x1e,
  lineStrp: 0x1f,
  refSig8: 0x20,
  implicitConst: 0x21,
  loclistx: 0x22,
  rnglistx: 0x23,
  refSup8: 0x24,
  strx1: 0x25,
  strx2: 0x26,
  strx3: 0x27,
  strx4: 0x28,
  addrx1: 0x29,
  addrx2: 0x2a,
  addrx3: 0x2b,
  addrx4: 0x2c,
  gnuAddrIndex: 0x1f01,
  gnuStrIndex: 0x1f02,
  gnuRefAlt: 0x1f20,
  gnuStrpAlt: 0x1f21,
} as const;

export const unitType = {
  compile: 1,
  type: 2,
  partial: 3,
  skeleton: 4,
  splitCompile: 5,
  splitType: 6,
} as const;

/** Chapter 7.7.1, table 7.9, and GCC's names of some in DWARF 4. */
export const operation = {
  addr: 0x03,
  deref: 0x06,
  const1u: 0x08,
  const1s: 0x09,
  const2u: 0x0a,
  const2s: 0x0b,
  const4u: 0x0c,
  const4s: 0x0d,
  const8u: 0x0e,
  const8s: 0x0f,
  constu: 0x10,
  consts: 0x11,
  dup: 0x12,
  drop: 0x13,
  over: 0x14,
  pick: 0x15,
  swap: 0x16,
  rot: 0x17,
  xderef: 0x18,
  abs: 0x19,
  and: 0x1a,
  div: 0x1b,
  minus: 0x1c,
  mod: 0x1d,
  mul: 0x1e,
  neg: 0x1f,
  not: 0x20,
  or: 0x21,
  plus: 0x22,
  plusUconst: 0x23,
  shl: 0x24,
  shr: 0x25,
  shra: 0x26,
  xor: 0x27,
  bra: 0x28,
  eq: 0x29,
  ge: 0x2a,
  gt: 0x2b,
  le: 0x2c,
  lt: 0x2d,
  ne: 0x2e,
  skip: 0x2f,
  lit0: 0x30,
  lit31: 0x4f,
  reg0: 0x50,
  reg31: 0x6f,
  breg0: 0x70,
  breg31: 0x8f,
  regx: 0x90,
  fbreg: 0x91,
  bregx: 0x92,
  piece: 0x93,
  derefSize: 0x94,
  xderefSize: 0x95,
  nop: 0x96,
  pushObjectAddress: 0x97,
  call2: 0x98,
  call4: 0x99,
  callRef: 0x9a,
  formTlsAddress: 0x9b,
  callFrameCfa: 0x9c,
  bitPiece: 0x9d,
  implicitValue: 0x9e,
  stackValue: 0x9f,
  implicitPointer: 0xa0,
  addrx: 0xa1,
  constx: 0xa2,
  entryValue: 0xa3,
  constType: 0xa4,
  regvalType: 0xa5,
  derefType: 0xa6,
  xderefType: 0xa7,
  convert: 0xa8,
  reinterpret: 0xa9,
  gnuPushTlsAddress: 0xe0,
  gnuUninit: 0xf0,
  gnuImplicitPointer: 0xf2,
  gnuEntryValue: 0xf3,
  gnuConstType: 0xf4,
  gnuRegvalType: 0xf5,
  gnuDerefType: 0xf6,
  gnuConvert: 0xf7,
  gnuReinterpret: 0xf9,
  gnuParameterRef: 0xfa,
  gnuAddrIndex: 0xfb,
  gnuConstIndex: 0xfc,
  gnuVariableValue: 0xfd,
} as const;

/** DW_ATE: how the bits of a base type are read. */
export const encoding = {
  address: 0x01,
  boolean: 0x02,
  complexFloat: 0x03,
  float: 0x04,
  signed: 0x05,
  signedChar: 0x06,
  unsigned: 0x07,
  unsignedChar: 0x08,
  utf: 0x10,
} as const;

/** DW_LANG of languages whose arrays begin at 0, or that decide what is scanned. */
export const language = {
  c: [0x01, 0x02, 0x0c, 0x1d, 0x2c, 0x3e],
  cPlusPlus: [0x04, 0x1a, 0x21, 0x2b, 0x3a],
  rust: [0x1c],
  zig: [0x27],
} as const;

/** The offset's and the address's size decide how many bytes these forms have; -1 is "look at the bytes". */
export const formBytes = (kind: number, offsetBytes: number, addressBytes: number, version: number): number => {
  switch (kind) {
    case form.flagPresent:
    case form.implicitConst:
      return 0;
    case form.data1:
    case form.flag:
    case form.ref1:
    case form.strx1:
    case form.addrx1:
      return 1;
    case form.data2:
    case form.ref2:
    case form.strx2:
    case form.addrx2:
      return 2;
    case form.strx3:
    case form.addrx3:
      return 3;
    case form.data4:
    case form.ref4:
    case form.refSup4:
    case form.strx4:
    case form.addrx4:
      return 4;
    case form.data8:
    case form.ref8:
    case form.refSig8:
    case form.refSup8:
      return 8;
    case form.data16:
      return 16;
    case form.addr:
      return addressBytes;
    case form.refAddr:
      return version <= 2 ? addressBytes : offsetBytes;
    case form.strp:
    case form.lineStrp:
    case form.secOffset:
    case form.strpSup:
    case form.gnuRefAlt:
    case form.gnuStrpAlt:
      return offsetBytes;
    default:
      return -1;
  }
};
