//! A bare program in Rust whose stacks and variables are looked at: generic and recursive functions, closures that are
//! inlined or not, references, slices, structures and methods. It ends in a trap. Built without the standard library.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

core::arch::global_asm!(
    ".section .boot, \"ax\"",
    ".globl _start",
    "_start: la sp, stack_end",
    "call main",
    "unimp",
    ".bss",
    ".balign 16",
    ".skip 8192",
    "stack_end:"
);

#[derive(Clone, Copy)]
pub struct Point {
    pub x: i64,
    pub y: i32,
}

pub struct Machine {
    pub seed: u64,
    pub trail: [Point; 8],
    pub depth: u16,
}

pub trait Shape {
    fn area(&self) -> u64;
}

pub struct Square(u32);
pub struct Strip {
    width: u16,
    length: u32,
}

impl Shape for Square {
    #[inline(never)]
    fn area(&self) -> u64 {
        let side = self.0 as u64;
        side * side
    }
}

impl Shape for Strip {
    #[inline(never)]
    fn area(&self) -> u64 {
        self.width as u64 * self.length as u64
    }
}

impl Machine {
    #[inline(never)]
    pub fn next(&mut self) -> u64 {
        let old = self.seed;
        self.seed = old.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.seed >> 33
    }

    #[inline(never)]
    pub fn walk(&mut self, steps: u32) -> Point {
        let mut at = Point { x: 0, y: 0 };
        for step in 0..steps {
            let turn = self.next();
            at.x += (turn & 7) as i64 - 3;
            at.y -= (step & 3) as i32;
            self.trail[(step & 7) as usize] = at;
        }
        self.depth += 1;
        at
    }
}

#[inline(never)]
fn deepen(machine: &mut Machine, depth: u32) -> i64 {
    if depth == 0 {
        return machine.walk(9).x;
    }
    let below = deepen(machine, depth - 1);
    let own = machine.walk(depth);
    below ^ (own.x + own.y as i64)
}

#[inline(never)]
fn total<T: Shape + ?Sized>(shape: &T, times: u32) -> u64 {
    let mut sum = 0u64;
    for _ in 0..times {
        sum += shape.area();
    }
    sum
}

#[inline(never)]
fn fold(values: &[i32], mut each: impl FnMut(i32) -> i32) -> i32 {
    let mut sum = 0;
    for value in values {
        sum ^= each(*value);
    }
    sum
}

#[no_mangle]
pub extern "C" fn main() -> i64 {
    let mut machine = Machine { seed: 42, trail: [Point { x: 0, y: 0 }; 8], depth: 0 };
    let values = [3, -1, 4, 1, -5, 9, 2, 6];
    let mut sum = 0i64;
    for round in 0..4u32 {
        sum += deepen(&mut machine, round + 2);
        let scale = round as i32 + 1;
        sum += fold(&values, |value| value * scale) as i64;
        let shapes: [&dyn Shape; 2] = [&Square(round + 3), &Strip { width: 7, length: round * 5 }];
        for shape in shapes {
            sum += total(shape, round + 1) as i64;
        }
    }
    sum
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    loop {}
}
