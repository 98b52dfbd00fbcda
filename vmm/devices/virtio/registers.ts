/**
 * Registers of the virtio-mmio transport (specification 1.2, sections 4.2.2 and 4.2.4), all 4 bytes wide.
 *
 *     0x000  MagicValue    0x020  DriverFeatures     0x044  QueueReady      0x080  QueueDesc
 *     0x004  Version       0x024  DriverFeaturesSel  0x050  QueueNotify     0x090  QueueDriver
 *     0x008  DeviceID      0x030  QueueSel           0x060  InterruptStatus 0x0a0  QueueDevice
 *     0x00c  VendorID      0x034  QueueNumMax        0x064  InterruptACK    0x0fc  ConfigGeneration
 *     0x010  DeviceFeatures 0x038 QueueNum           0x070  Status          0x100  configuration
 *     0x014  DeviceFeaturesSel                       legacy: 0x028 GuestPageSize, 0x03c QueueAlign, 0x040 QueuePFN
 */

export const register = {
  magic: 0x000,
  version: 0x004,
  deviceId: 0x008,
  vendorId: 0x00c,
  deviceFeatures: 0x010,
  deviceFeaturesSel: 0x014,
  driverFeatures: 0x020,
  driverFeaturesSel: 0x024,
  guestPageSize: 0x028,
  queueSel: 0x030,
  queueNumMax: 0x034,
  queueNum: 0x038,
  queueAlign: 0x03c,
  queuePfn: 0x040,
  queueReady: 0x044,
  queueNotify: 0x050,
  interruptStatus: 0x060,
  interruptAck: 0x064,
  status: 0x070,
  queueDescLow: 0x080,
  queueDescHigh: 0x084,
  queueDriverLow: 0x090,
  queueDriverHigh: 0x094,
  queueDeviceLow: 0x0a0,
  queueDeviceHigh: 0x0a4,
  sharedMemoryFirst: 0x0b0, // length and base of a region that does not exist: all ones
  sharedMemoryLast: 0x0bc,
  configGeneration: 0x0fc,
  config: 0x100,
} as const;
