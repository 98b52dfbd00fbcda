//! What the compiler calls by itself, for bare programs that are built without the standard library's own.
#![feature(compiler_builtins)]
#![compiler_builtins]
#![no_builtins]
#![no_std]

#[no_mangle]
pub unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, bytes: usize) -> *mut u8 {
    let mut at = 0;
    while at < bytes {
        *to.add(at) = *from.add(at);
        at += 1;
    }
    to
}

#[no_mangle]
pub unsafe extern "C" fn memset(to: *mut u8, value: i32, bytes: usize) -> *mut u8 {
    let mut at = 0;
    while at < bytes {
        *to.add(at) = value as u8;
        at += 1;
    }
    to
}
