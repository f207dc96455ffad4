"""What every page needs: the page context, rendering, layout, forms, dates, icons and static assets."""
