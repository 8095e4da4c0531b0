document.title = 'started'
