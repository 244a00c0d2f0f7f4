//! Long rows that grow a little at a time.

/// Adds to a row with room for an eighth more, where `Vec` would make it twice as large: the tables of a layout are tens of thousands of
/// rows, and with the ground they are most of what a worker takes.
pub(super) fn push<T>(row: &mut Vec<T>, item: T) {
    if row.len() == row.capacity() {
        row.reserve_exact(row.len() / 8 + 2);
    }
    row.push(item);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_keeps_what_it_holds_and_little_room() {
        let mut row = Vec::new();
        for number in 0..10_000_u32 {
            push(&mut row, number);
            assert!(row.capacity() <= row.len() + row.len() / 8 + 2, "{} for {}", row.capacity(), row.len());
        }
        assert!(row.into_iter().eq(0..10_000));
    }
}
